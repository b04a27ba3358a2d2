import type { Counts, Scanned, Unreadable } from "./entry.ts";

/**
 * A tree as it is being read: batches of entries, all of them together in the order of `byPath`, without what never
 * counts. To be walked once.
 */
export interface Scan extends AsyncIterable<readonly Scanned[]> {
  /** How far the scan has come. */
  readonly progress: Progress;
  /** Places of which it turned out only at the end that they could not be read; nothing before the end. */
  readonly late?: () => readonly Unreadable[];
}

export interface Progress {
  /** Entries seen so far. */
  entries: number;
  /** Files that an engine is still receiving, so far; they are not among the entries. */
  inFlight: number;
}

/** Counts a tree by walking its scan to the end. */
export async function countTree(scan: Scan): Promise<Counts> {
  const counts = { files: 0, bytes: 0, folders: 0, symlinks: 0, specials: 0, unreadable: 0 };
  let newest: number | undefined;
  for await (const batch of scan) {
    for (const entry of batch) {
      counts[counterOf[entry.kind]] += 1;
      if (entry.kind === "file") {
        counts.bytes += entry.size;
        if (newest === undefined || entry.mtime > newest) newest = entry.mtime;
      }
    }
  }
  counts.unreadable += scan.late?.().length ?? 0;
  return { ...counts, inFlight: scan.progress.inFlight, newest };
}

/** A scan over what is there already; for tests and for lists that had to be sorted here. */
export function scanOf(entries: readonly Scanned[], inFlight = 0): Scan {
  return {
    progress: { entries: entries.length, inFlight },
    async *[Symbol.asyncIterator]() {
      if (entries.length > 0) yield entries;
    },
  };
}

/**
 * Lets a scan run ahead of its reader, so that two trees are read at the same time; it pauses when `limit` entries
 * wait.
 */
export function readAhead(scan: Scan, limit = 1_000_000): Scan {
  const waiting: (readonly Scanned[])[] = [];
  let waitingEntries = 0;
  let done = false;
  let failure: unknown;
  let wake: (() => void) | undefined;
  let proceed: (() => void) | undefined;
  const read = async (): Promise<void> => {
    try {
      for await (const batch of scan) {
        waiting.push(batch);
        waitingEntries += batch.length;
        wake?.();
        // oxlint-disable-next-line no-loop-func -- the reader below calls whatever stands in `proceed`
        if (waitingEntries >= limit) await new Promise<void>((resolve) => (proceed = resolve));
        if (done) return;
      }
    } catch (error) {
      failure = error ?? new Error("the scan failed");
    } finally {
      done = true;
      wake?.();
    }
  };
  const reading = read();
  return {
    progress: scan.progress,
    ...(scan.late ? { late: scan.late } : {}),
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const batch = waiting.shift();
          if (batch) {
            waitingEntries -= batch.length;
            proceed?.();
            yield batch;
          } else if (done) {
            break;
          } else {
            await new Promise<void>((resolve) => (wake = resolve));
          }
        }
        if (failure !== undefined) throw failure;
      } finally {
        done = true;
        proceed?.();
        await reading;
      }
    },
  };
}

const counterOf = {
  file: "files",
  folder: "folders",
  symlink: "symlinks",
  special: "specials",
  unreadable: "unreadable",
} as const;
