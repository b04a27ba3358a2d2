import { script, sh, type Command } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import { questionsFor } from "./questions.ts";

/**
 * One POSIX script that asks a node everything. The variable `n` that it is given is random and of this run: only the script
 * can write a line that begins with it, so that nothing else on the stream, and nothing in a file, is taken for an answer.
 *
 * A file that cat, grep or sed did not find makes the fact absent; words like that from any other tool (systemctl about
 * its bus) are a failure. The answer: for each question the lines `NONCE = NAME`, stdout, `NONCE . EXIT-CODE`, the start of stderr when it
 * failed; at the very end `NONCE end`. Everything stands in one group, so that a script that arrives cut does nothing.
 */
export function factsScript(node: Node): Command {
  const questions = Object.entries(questionsFor(node)).map(
    ([name, { command }]) => sh`q() {
${command}
}
ask ${name}`,
  );
  return script(
    sh`{
ask() {
  printf '\n%s = %s\n' "$n" "$1"
  code=0
  why=$(q 2>&1 >&3 3>&- </dev/null) || code=$?
  case $code:$why in
  0:*) why= ;;
  *:cat:*'o such file'* | *:grep:*'o such file'* | *:sed:*'o such file'*) code=127 why= ;;
  esac
  printf '\n%s . %s\n%.300s' "$n" "$code" "$why"
}`,
    ...questions,
    sh`printf '\n%s end\n' "$n"
} 3>&1`,
  );
}
