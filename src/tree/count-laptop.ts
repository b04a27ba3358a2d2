import { countByFind } from "./count-by-find.ts";
import type { Counts } from "./entry.ts";
import { scanLaptop, type LaptopScanOptions } from "./scan-laptop.ts";
import { countTree, type Scan } from "./scan.ts";

/**
 * Counts a tree of this machine, by GNU find where that can tell all of it, else by Node's own walk; the result is the same.
 * `onProgress` is told how many entries have been seen so far. Throws as `scanLaptop` does.
 */
export async function countLaptop(
  options: LaptopScanOptions,
  onProgress: (entries: number) => void = () => {},
): Promise<Counts> {
  return (await countByFind(options, onProgress)) ?? countTree(watched(scanLaptop(options), onProgress));
}

function watched(scan: Scan, onProgress: (entries: number) => void): Scan {
  return {
    progress: scan.progress,
    async *[Symbol.asyncIterator]() {
      for await (const batch of scan) {
        yield batch;
        onProgress(scan.progress.entries);
      }
    },
  };
}
