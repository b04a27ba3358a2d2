import { hash } from "node:crypto";
import type { Entry } from "../entry.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Hashing } from "./fingerprint.ts";
import { folderMarks } from "./folder-marks.ts";
import { groupCount, groupOf, isIn, type GroupSet, type GroupSums } from "./groups.ts";
import { letterOf, nameStart } from "./record.ts";
import { mod128 } from "./sums.ts";

/** Sums mod 2^128 of the fingerprints of folders, each of which says what all that lies in a folder is. */
export interface FolderSums {
  /** Of all folders of some groups. */
  of(groups: GroupSet): bigint;
  readonly groups: GroupSums;
}

/** Takes the entries of a tree in the order of paths. */
export interface FolderSummer {
  /** Gives the group of the folder that it lies in. */
  add(entry: Entry): number;
  /** To be called once, at the end. */
  done(): FolderSums;
}

/** A folder on the way to the latest entry. */
interface Open {
  /** Its path with a `/` at the end. */
  readonly prefix: Buffer;
  readonly mark: string;
  readonly group: number;
  readonly names: ByteWriter;
  readonly numbers: ByteWriter;
}

/**
 * A folder's fingerprint: the first 16 bytes of SHA-256(mark, SHA-256 of the names, SHA-256 of the numbers). Names: for each entry
 * the letter of its kind, its name, a NUL, and a symlink's target and a NUL. Numbers: for each file its size and, where times are
 * compared, its seconds, in 64 bits each.
 */
export function folderSummer({ key, times }: Hashing): FolderSummer {
  const markOf = folderMarks(key);
  const sums = Array.from({ length: groupCount }, () => 0n);
  const opened = (path: Buffer, end: number): Open => {
    const mark = markOf(path, end);
    const prefix = Buffer.from(path.subarray(0, end));
    const names = new ByteWriter();
    return { prefix, mark, group: groupOf(mark.charCodeAt(0)), names, numbers: new ByteWriter() };
  };
  const open = [opened(none, 0)];
  const close = ({ mark, group, names, numbers }: Open): void => {
    const parts = [names, numbers].map((part) => hash("sha256", part.done(), "buffer"));
    const whole = hash("sha256", Buffer.concat([Buffer.from(mark, "latin1"), ...parts]));
    sums[group] = (sums[group] as bigint) + BigInt(`0x${whole.slice(0, 32)}`);
  };
  const around = (path: Buffer, end: number): Open => {
    let inner = open.at(-1) as Open;
    // In the order of paths a folder that an entry does not lie in has been told whole
    while (!isWithin(path, end, inner.prefix)) {
      close(inner);
      open.pop();
      inner = open.at(-1) as Open;
    }
    if (inner.prefix.length < end) open.push((inner = opened(path, end)));
    return inner;
  };
  return {
    add(entry) {
      const start = nameStart(entry);
      const { group, names, numbers } = around(entry.path, start);
      names.u8(letterOf[entry.kind]);
      names.bytes(entry.path.subarray(start));
      names.u8(0);
      if (entry.kind === "file") {
        numbers.i64(entry.size);
        if (times) numbers.i64(entry.mtime);
      } else if (entry.kind === "symlink") {
        names.bytes(entry.target ?? none);
        names.u8(0);
      }
      return group;
    },
    done() {
      for (const one of open.splice(0)) close(one);
      return {
        groups: sums.map((sum) => Number(sum & 0xffffn)),
        of: (groups) => mod128(sums.reduce((sum, one, group) => (isIn(groups, group) ? sum + one : sum), 0n)),
      };
    },
  };
}

const none = Buffer.alloc(0);

function isWithin(path: Buffer, end: number, prefix: Buffer): boolean {
  return prefix.length <= end && prefix.compare(path, 0, prefix.length) === 0;
}
