import type { Entry, EntryKind } from "../entry.ts";
import { writeInt64 } from "./int64.ts";

/** One letter a kind, on the wire and in what is hashed. */
export const letterOf = { file: 0x66, folder: 0x64, symlink: 0x6c, special: 0x73 } as const satisfies Record<
  EntryKind,
  number
>;

export const kindOf: Readonly<Record<number, EntryKind | undefined>> = {
  [letterOf.file]: "file",
  [letterOf.folder]: "folder",
  [letterOf.symlink]: "symlink",
  [letterOf.special]: "special",
};

/** Bytes that a record takes beside the path and the target. */
const frameBytes = 1 + 16;

export function longestRecord(entry: Entry): number {
  return frameBytes + entry.path.length + (entry.target?.length ?? 0);
}

/** Where an entry's own name begins. */
export function nameStart({ path }: Entry): number {
  return path.lastIndexOf(slash) + 1;
}

const slash = 0x2f;

/**
 * Writes what of an entry is compared, so that two entries of one folder are the same exactly when their bytes are; gives
 * the end. Without `times` a file's time is no part of it. Folders and special files are compared by existence, symlinks
 * by target.
 *
 * Letter, then for a file u64be size and i64be seconds, for a symlink u32be length of the target and the target, then the
 * name. In this order the record of a usual file is one block of SHA-256 where a whole path is two.
 */
export function writeRecord(into: Buffer, start: number, entry: Entry, times: boolean): number {
  into[start] = letterOf[entry.kind];
  let at = start + 1;
  if (entry.kind === "file") {
    at = writeInt64(into, at, entry.size);
    if (times) at = writeInt64(into, at, entry.mtime);
  } else if (entry.kind === "symlink") {
    const target = entry.target ?? none;
    at = into.writeUInt32BE(target.length, at);
    into.set(target, at);
    at += target.length;
  }
  return at + entry.path.copy(into, at, nameStart(entry));
}

/** Whether two entries of one path have the same record. */
export function sameRecord(one: Entry, other: Entry, times: boolean): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind === "file") return one.size === other.size && (!times || one.mtime === other.mtime);
  return one.kind !== "symlink" || (one.target ?? none).equals(other.target ?? none);
}

const none = Buffer.alloc(0);
