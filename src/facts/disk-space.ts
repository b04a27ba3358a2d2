import { sh } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { wholeNumber } from "./number.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** A mounted file system; sizes in bytes. `used + available` is less than `bytes`: ext4 keeps 5 % for root. */
export interface Space {
  readonly target: string;
  readonly device: string;
  readonly bytes: number;
  readonly used: number;
  readonly available: number;
  /** Not on FAT, which has none, and not on LibreELEC, whose df cannot tell. */
  readonly inodes?: number;
  readonly inodesFree?: number;
}

/** Of the root and of whatever holds the mount point: the root again while no disk is mounted there. Blocks on a dead disk. */
export function diskSpace(node: Node): Fact<readonly Space[]> {
  return {
    name: "disk space",
    command: sh`set -- "$root"/ "$root"${node.disk.mount}
if [ ! -e "$2" ]; then set -- "$1"; fi
df -kP "$@" 2>/dev/null || df -kP "$1" || return
echo @inodes
df -iP "$@" 2>/dev/null || df -iP "$1" 2>/dev/null
:`,
    quick: "itself",
    parse: (stdout) => {
      const [blocks = "", inodes = ""] = stdout.split("@inodes\n");
      const rows = rowsOf(blocks);
      if (rows.length === 0) throw new UnexpectedAnswer("an answer of df", stdout);
      const counts = rowsOf(inodes);
      const targets = [...new Set(rows.map(({ target }) => target))];
      return targets.map((target) => {
        const row = rows.findLast((each) => each.target === target) as Row;
        const count = counts.findLast((each) => each.target === target && each.device === row.device);
        return {
          target,
          device: row.device,
          bytes: row.total * 1024,
          used: row.used * 1024,
          available: Math.max(0, row.available) * 1024,
          ...(count === undefined || count.total === 0
            ? {}
            : { inodes: count.total, inodesFree: count.available }),
        };
      });
    },
  };
}

interface Row {
  readonly device: string;
  readonly total: number;
  readonly used: number;
  readonly available: number;
  readonly target: string;
}

/** Both device and target may hold blanks; the numbers between them do not. */
function rowsOf(text: string): Row[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(.*?)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(?:\d+%|-)\s+(\/.*)$/.exec(line);
    if (!match) {
      if (line === "" || line.startsWith("Filesystem")) return [];
      throw new UnexpectedAnswer("a line of df", line);
    }
    const [, device, , , , target] = match as unknown as [string, string, string, string, string, string];
    const [total, used, available] = match.slice(2, 5).map((digits) => wholeNumber("a size", digits)) as [
      number,
      number,
      number,
    ];
    return [{ device, total, used, available, target }];
  });
}
