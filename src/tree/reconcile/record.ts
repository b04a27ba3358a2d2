import type { Entry, EntryKind } from "../entry.ts";

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
const frameBytes = 1 + 4 + 16;

export function longestRecord(entry: Entry): number {
  return frameBytes + entry.path.length + (entry.target?.length ?? 0);
}

/**
 * Writes what of an entry is compared, so that two entries are the same exactly when their bytes are; gives the end.
 * Without `times` a file's time is no part of it. Folders and special files are compared by existence, symlinks by
 * target.
 *
 * Letter, u32be length of the path, path, then for a file u64be size and i64be seconds, for a symlink u32be length
 * and target.
 */
export function writeRecord(into: Buffer, start: number, entry: Entry, times: boolean): number {
  let at = start;
  into[at] = letterOf[entry.kind];
  at = into.writeUInt32BE(entry.path.length, at + 1);
  into.set(entry.path, at);
  at += entry.path.length;
  if (entry.kind === "file") {
    at = writeInt64(into, at, entry.size);
    return times ? writeInt64(into, at, entry.mtime) : at;
  }
  if (entry.kind !== "symlink") return at;
  const target = entry.target ?? none;
  at = into.writeUInt32BE(target.length, at);
  into.set(target, at);
  return at + target.length;
}

/** Whether two entries of one path have the same record. */
export function sameRecord(one: Entry, other: Entry, times: boolean): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind === "file") return one.size === other.size && (!times || one.mtime === other.mtime);
  return one.kind !== "symlink" || (one.target ?? none).equals(other.target ?? none);
}

const none = Buffer.alloc(0);

/** Two's complement, big endian; BigInt would cost more than the hash. */
function writeInt64(into: Buffer, at: number, value: number): number {
  const high = Math.floor(value / 0x1_0000_0000);
  into.writeUInt32BE(high >>> 0, at);
  return into.writeUInt32BE((value - high * 0x1_0000_0000) >>> 0, at + 4);
}
