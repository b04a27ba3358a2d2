import { sh } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import { readIgnoreFile } from "../engine/ignore-file.ts";
import { treePath, type Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** Lines; a longer file is not sent over a thin line, and what it holds is not known. */
const most = 400;
const cut = "...";

/** The rules of the engine's ignore file in the order of the file, without comments. It lies on the disk: believe it only then. */
export function ignoreFile(node: Node): Fact<readonly string[]> {
  const { engine } = node;
  const name = "an ignore file";
  if (engine === false) return { name, command: sh`exit 127`, parse: () => [] };
  const { comment, ignoreFile: file } = engines[engine];
  // Comments would cost bytes; what is one in truth is told here, since `#x` is a rule.
  const words = [
    `${most}{s/.*/${cut}/;p;q;}`,
    "/^[[:space:]]*$/d",
    String.raw`\|^[[:space:]]*${comment}[[:space:]]|d`,
  ].flatMap((word) => ["-e", word]);
  return {
    name,
    command: sh`exec sed ${words} "$root"${`${treePath(node)}/${file}`}`,
    parse: (stdout) => {
      const lines = readIgnoreFile(engine, Buffer.from(stdout, "utf8"));
      if (lines.at(-1) === cut) throw new UnexpectedAnswer(`an ignore file of less than ${most} lines`, cut);
      return lines;
    },
    whenEmpty: [],
  };
}
