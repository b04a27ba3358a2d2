import { posix } from "node:path";
import { sh } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import { ignoreFilesOf, readIgnoreFile } from "../engine/ignore-file.ts";
import { treePath, type Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** Lines; a longer file is not sent over a thin line, and what it holds is not known. */
const most = 400;
const cut = "...";

/** Behind the lines of each file; no rule holds it. */
const end = "\u0001";

/**
 * The rules of each of the engine's ignore files that is there, in the order of the file, without comments. They lie on the disk:
 * believe them only then.
 */
export function ignoreFile(node: Node): Fact<readonly (readonly string[])[]> {
  const { engine } = node;
  const name = "an ignore file";
  if (engine === false) return { name, command: sh`return 127`, parse: () => [] };
  // Comments would cost bytes; what is one in truth is told here, since `#x` is a rule.
  const words = [
    `${most}{s/.*/${cut}/;p;q;}`,
    "/^[[:space:]]*$/d",
    String.raw`\|^[[:space:]]*${engines[engine].comment}[[:space:]]|d`,
  ].flatMap((word) => ["-e", word]);
  const files = ignoreFilesOf(engine)
    .map((file) => `${treePath(node)}/${file}`)
    .flatMap((file) => [file, posix.dirname(file)]);
  return {
    name,
    // A file in a folder that is closed to us is not absent: sed then says why
    command: sh`found=127
set -- ${files}
while [ $# -gt 0 ]; do
  if [ -e "$root$1" ] || { [ -d "$root$2" ] && [ ! -x "$root$2" ]; }; then
    sed ${words} "$root$1" || return
    printf '\1\n'
    found=0
  fi
  shift 2
done
return "$found"`,
    quick: "itself",
    parse: (stdout) =>
      stdout
        .split(`${end}\n`)
        .slice(0, -1)
        .map((text) => readIgnoreFile(engine, Buffer.from(text, "utf8")))
        .map((lines) => {
          if (lines.at(-1) !== cut) return lines;
          throw new UnexpectedAnswer(`an ignore file of less than ${most} lines`, cut);
        }),
  };
}
