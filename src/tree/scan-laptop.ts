import { setImmediate } from "node:timers/promises";
import type { Filter } from "./filter.ts";
import { LaptopWalk } from "./laptop-walk.ts";
import type { Progress, Scan } from "./scan.ts";

export interface LaptopScanOptions {
  /** Absolute path of the tree. */
  readonly tree: string;
  /** Folders that stand in the tree as `<name>/…` although they lie elsewhere: name → absolute path. */
  readonly folders?: Readonly<Record<string, string>>;
  readonly filter: Filter;
  readonly signal?: AbortSignal;
}

/**
 * Reads a tree of this machine, without following symlinks. What vanishes while it is read was never there; what
 * cannot be read is told as such. Throws E-LAPTOP-TREE when the tree or one of the folders elsewhere is not there.
 *
 * Works in slices of some 10 ms on synchronous calls, which cost a fifth of promises, and lets the event loop run in
 * between. Not in a worker: under Node 20 neither tsx nor vitest can start one from TypeScript.
 *
 * Every run asks about every file anew. What an earlier run saw proves nothing: a folder's time moves when names come
 * and go in it, not when a file in it is written (inode(7)). It could save the reading of names, a tenth of the work.
 */
export function scanLaptop(options: LaptopScanOptions): Scan {
  const progress: Progress = { entries: 0, inFlight: 0 };
  return {
    progress,
    async *[Symbol.asyncIterator]() {
      const walk = new LaptopWalk(options, progress);
      try {
        for (;;) {
          options.signal?.throwIfAborted();
          const batch = walk.slice(sliceMs, batchEntries);
          if (batch.length > 0) yield batch;
          if (walk.done) return;
          await setImmediate();
        }
      } finally {
        walk.close();
      }
    },
  };
}

const sliceMs = 10;
/** A slice also ends here, so that a batch stays small on a fast machine. */
const batchEntries = 4096;
