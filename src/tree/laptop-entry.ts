import { constants, lstatSync, readlinkSync } from "node:fs";
import type { Entry, EntryKind, Unreadable } from "./entry.ts";

/** Tells what lies at `place` as an entry called `path`. Throws what the system says against it. */
export type EntryReader = (place: Buffer, path: Buffer) => Entry;

/**
 * Makes a reader for one walk.
 *
 * It asks for times as doubles, in milliseconds: bigints cost a tenth of the walk. A double may have been rounded up to
 * a full second (1.999999999 s is 2), so that a full second is asked for once more; and where one file has it, the next
 * one probably has too and is asked in nanoseconds at once.
 */
export function entryReader(): EntryReader {
  let fullSeconds = false;
  return (place, path) => {
    if (!fullSeconds) {
      const { mode, size, mtimeMs } = lstatSync(place);
      const mtime = floorSeconds(mtimeMs);
      if (mtime * 1000 < mtimeMs) return entryOf(place, path, mode, size, mtime);
    }
    const { mode, size, mtimeNs } = lstatSync(place, { bigint: true });
    fullSeconds = mtimeNs % 1_000_000_000n === 0n;
    return entryOf(place, path, Number(mode), Number(size), floorNanoseconds(mtimeNs));
  };
}

/** undefined when it is gone, which is no error in a tree that lives. `path` is latin1. */
export function attempt<T>(path: string, ask: () => T): T | Unreadable | undefined {
  try {
    return ask();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return { path: Buffer.from(path, "latin1"), kind: "unreadable", reason: code };
  }
}

function entryOf(place: Buffer, path: Buffer, mode: number, bytes: number, mtime: number): Entry {
  const kind = kinds[mode & constants.S_IFMT] ?? "special";
  const size = kind === "file" ? bytes : 0;
  return kind === "symlink"
    ? { path, kind, size, mtime, target: readlinkSync(place, "buffer") }
    : { path, kind, size, mtime };
}

const kinds: Readonly<Record<number, EntryKind>> = {
  [constants.S_IFREG]: "file",
  [constants.S_IFDIR]: "folder",
  [constants.S_IFLNK]: "symlink",
};

function floorSeconds(milliseconds: number): number {
  const seconds = Math.floor(milliseconds / 1000);
  // The quotient may have been rounded up, the product is exact.
  return seconds * 1000 > milliseconds ? seconds - 1 : seconds;
}

function floorNanoseconds(nanoseconds: bigint): number {
  const seconds = nanoseconds / 1_000_000_000n;
  return Number(nanoseconds < 0n && seconds * 1_000_000_000n !== nanoseconds ? seconds - 1n : seconds);
}
