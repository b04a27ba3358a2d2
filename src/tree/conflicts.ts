import { conflictCopyOf, type ConflictCopy } from "../engine/conflict-copy.ts";
import type { Unreadable } from "./entry.ts";
import type { Scan } from "./scan.ts";

/** A conflict copy where it lies. */
export interface FoundConflict extends ConflictCopy {
  readonly path: Buffer;
  readonly size: number;
  /** Seconds since the epoch: when that edit was made. */
  readonly mtime: number;
}

export interface Conflicts {
  /** In the order of their paths. */
  readonly found: readonly FoundConflict[];
  /** What may hide more. */
  readonly unreadable: readonly Unreadable[];
}

/** `hides`: what the tree's own ignore file takes out; `path` is latin1. */
export async function findConflicts(scan: Scan, hides: (path: string) => boolean): Promise<Conflicts> {
  const found: FoundConflict[] = [];
  const unreadable: Unreadable[] = [];
  for await (const batch of scan) {
    for (const entry of batch) {
      if (entry.kind === "unreadable") unreadable.push(entry);
      if (entry.kind !== "file") continue;
      const path = entry.path.toString("latin1");
      const copy = conflictCopyOf(path.slice(path.lastIndexOf("/") + 1));
      if (copy === undefined || hides(path)) continue;
      found.push({ ...copy, path: entry.path, size: entry.size, mtime: entry.mtime });
    }
  }
  return { found, unreadable: [...unreadable, ...(scan.late?.() ?? [])] };
}
