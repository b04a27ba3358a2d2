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

/**
 * Of the root and of whatever holds the mount point: the root again while no disk is mounted there. GNU's df tells it all at once.
 * Blocks on a dead disk.
 */
export function diskSpace(node: Node): Fact<readonly Space[]> {
  return {
    name: "disk space",
    command: sh`set -- "$root"/ "$root"${node.disk.mount}
if [ ! -e "$2" ]; then set -- "$1"; fi
df -k --output=source,itotal,iavail,size,used,avail,target "$@" 2>/dev/null && return
echo @blocks
df -kP "$@" 2>/dev/null || df -kP "$1" || return
echo @inodes
df -iP "$@" 2>/dev/null || df -iP "$1" 2>/dev/null
:`,
    quick: "itself",
    parse: (stdout) => {
      // What df said of all before it gave up does not count
      const [all = "", posix] = stdout.split("@blocks\n");
      if (posix === undefined) return spacesOf(allRows(all), stdout);
      const [blocks = "", inodes = ""] = posix.split("@inodes\n");
      const counts = posixRows(inodes);
      return spacesOf(
        posixRows(blocks).map((row) => {
          const count = counts.findLast(
            ({ target, device }) => target === row.target && device === row.device,
          );
          return { ...row, inodes: count?.total, inodesFree: count?.available };
        }),
        stdout,
      );
    },
  };
}

interface Row {
  readonly device: string;
  readonly target: string;
  readonly total: number;
  readonly used: number;
  readonly available: number;
  readonly inodes?: number | undefined;
  readonly inodesFree?: number | undefined;
}

/** Of several rows for one target the last one decides. Blocks of 1 KiB. */
function spacesOf(rows: readonly Row[], stdout: string): Space[] {
  if (rows.length === 0) throw new UnexpectedAnswer("an answer of df", stdout);
  const targets = [...new Set(rows.map(({ target }) => target))];
  return targets.map((target) => {
    const { device, total, used, available, inodes, inodesFree } = rows.findLast(
      (each) => each.target === target,
    ) as Row;
    return {
      target,
      device,
      bytes: total * 1024,
      used: used * 1024,
      available: Math.max(0, available) * 1024,
      ...(inodes === undefined || inodes === 0 || inodesFree === undefined ? {} : { inodes, inodesFree }),
    };
  });
}

/** Both device and target may hold blanks; the numbers between them do not. Without inodes there is a `-`. */
function allRows(text: string): Row[] {
  const row =
    /^(?<device>.*?)\s+(?<inodes>\d+|-)\s+(?<inodesFree>\d+|-)\s+(?<total>\d+)\s+(?<used>\d+)\s+(?<available>-?\d+)\s+(?<target>\/.*)$/;
  return rowsOf(text, row);
}

function posixRows(text: string): Row[] {
  return rowsOf(
    text,
    /^(?<device>.*?)\s+(?<total>\d+)\s+(?<used>\d+)\s+(?<available>-?\d+)\s+(?:\d+%|-)\s+(?<target>\/.*)$/,
  );
}

function rowsOf(text: string, row: RegExp): Row[] {
  return text.split("\n").flatMap((line) => {
    const groups = row.exec(line)?.groups;
    if (groups === undefined) {
      if (line === "" || line.startsWith("Filesystem")) return [];
      throw new UnexpectedAnswer("a line of df", line);
    }
    const number = (name: string): number => wholeNumber("a size", groups[name]);
    const count = (name: string): number | undefined =>
      /^\d/.test(groups[name] ?? "-") ? number(name) : undefined;
    return [
      {
        device: groups["device"] ?? "",
        target: groups["target"] ?? "",
        total: number("total"),
        used: number("used"),
        available: number("available"),
        inodes: count("inodes"),
        inodesFree: count("inodesFree"),
      },
    ];
  });
}
