import { script, sh, type Command } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { healthQuestions, workQuestions } from "./questions.ts";

/**
 * One POSIX script that asks a node everything. The variable `n` that it is given is random and of this run: only the script
 * can write a line that begins with it, so that nothing else on the stream, and nothing in a file, is taken for an answer.
 * `asked` is `all`, or else the questions for work on the node are left out.
 *
 * A file that cat, grep or sed did not find makes the fact absent; words like that from any other tool (systemctl about
 * its bus) are a failure. The answer: for each question the lines `NONCE = NAME` (once more where the quick way gave up), stdout,
 * `NONCE . EXIT-CODE`, the start of stderr when it failed; at the very end `NONCE end`. Everything stands in one group, so that a
 * script that arrives cut does nothing.
 */
export function factsScript(node: Node): Command {
  return script(
    sh`{
begin() { printf '\n%s = %s\n' "$n" "$1"; }
ask() {
  code=1 why=
  if [ $# = 2 ]; then
    begin "$1"
    "$2" 2>/dev/null </dev/null
    code=$?
  fi
  if [ "$code" != 0 ] && [ "$code" != 127 ]; then
    begin "$1"
    code=0
    why=$(q 2>&1 >&3 3>&- </dev/null) || code=$?
    case $code:$why in
    0:*) why= ;;
    *:cat:*'o such file'* | *:grep:*'o such file'* | *:sed:*'o such file'*) code=127 why= ;;
    esac
  fi
  printf '\n%s . %s\n%.300s' "$n" "$code" "$why"
}
if [ "$asked" = all ]; then`,
    ...questionsIn(workQuestions),
    sh`fi`,
    ...questionsIn(healthQuestions(node)),
    sh`printf '\n%s end\n' "$n"
} 3>&1`,
  );
}

function questionsIn(questions: Readonly<Record<string, Fact<unknown>>>): Command[] {
  return Object.entries(questions).map(([name, { command, quick }]) => {
    const asking = sh`q() {
${command}
}`;
    if (quick === undefined) return script(asking, sh`ask ${name}`);
    if (quick === "itself") return script(asking, sh`ask ${name} q`);
    return script(
      asking,
      sh`quick() {
${quick}
}
ask ${name} quick`,
    );
  });
}
