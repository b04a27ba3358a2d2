import { sh } from "../core/shell.ts";
import { fromOctal } from "./escapes.ts";
import type { Fact } from "./fact.ts";
import { wholeNumber } from "./number.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** An active swap area. */
export interface SwapArea {
  readonly path: string;
  readonly type: "file" | "partition";
  readonly bytes: number;
  readonly used: number;
  readonly priority: number;
  /** The kernel says that the file was unlinked while in use. */
  readonly deleted: boolean;
  /**
   * Nothing is at the path any more. Without `deleted` this is what a pulled disk leaves behind: from 6.12 on the area
   * cannot be switched off and loses its mount point (`/swapfile`).
   */
  readonly gone: boolean;
}

export const swaps: Fact<readonly SwapArea[]> = {
  name: "swaps",
  command: sh`cat "$root"/proc/swaps || exit
while read -r p kind rest; do
  if [ "$kind" != file ]; then continue; fi
  case $p in *\\040*) p=$(printf '%s\n' "$p" | sed 's/\\040/ /g') ;; esac
  [ -e "$root$p" ] || printf '@gone %s\n' "$p"
done <"$root"/proc/swaps`,
  quick: sh`while read -r p kind rest; do
  printf '%s %s %s\n' "$p" "$kind" "$rest"
  case $kind:$p in
  # Its blanks need sed
  file:*\\*) return 1 ;;
  file:*) [ -e "$root$p" ] || printf '@gone %s\n' "$p" ;;
  esac
done <"$root"/proc/swaps`,
  parse: (stdout) => {
    const lines = stdout.split("\n").filter((line) => line.trim() !== "");
    if (!/^Filename\s+Type\s+Size\s+Used\s+Priority\s*$/.test(lines[0] ?? "")) {
      throw new UnexpectedAnswer("a list of swap areas", stdout);
    }
    const gone = new Set(lines.flatMap((line) => (line.startsWith("@gone ") ? [line.slice(6)] : [])));
    return lines
      .slice(1)
      .filter((line) => !line.startsWith("@gone "))
      .map((line) => parseArea(line, gone));
  },
};

/** The columns have moved between kernels; white space between them and the order of the last four have not. */
function parseArea(line: string, gone: ReadonlySet<string>): SwapArea {
  const match = /^(\S+)\s+(file|partition)\s+(\d+)\s+(\d+)\s+(-?\d+)\s*$/.exec(line);
  if (!match) throw new UnexpectedAnswer("a line of /proc/swaps", line);
  const [, name, type, size, used, priority] = match as unknown as [
    string,
    string,
    SwapArea["type"],
    string,
    string,
    string,
  ];
  const path = fromOctal(name);
  const deleted = path.endsWith(" (deleted)");
  return {
    path: deleted ? path.slice(0, -" (deleted)".length) : path,
    type,
    bytes: wholeNumber("a size", size) * 1024,
    used: wholeNumber("a size", used) * 1024,
    priority: Number(priority),
    deleted,
    gone: deleted || gone.has(path),
  };
}
