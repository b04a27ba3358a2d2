import type { EngineKind } from "../inventory/inventory.ts";

const kibi = 1024;
const mebi = 1024 * kibi;

/**
 * Bytes that an engine holds per file at its worst and before the first file. Estimates: btsync from a Pi 1 with
 * 119,617 files while indexing (639 MiB virtual), Resilio from its vendor (4 KB with permissions), Syncthing from its
 * users' reports (3.3 KB during a first scan).
 */
const model: Readonly<Record<EngineKind, { readonly base: number; readonly perFile: number }>> = {
  btsync: { base: 30 * mebi, perFile: 5.6 * kibi },
  resilio: { base: 50 * mebi, perFile: 4 * kibi },
  syncthing: { base: 60 * mebi, perFile: 3.3 * kibi },
};

/** What the system, sshd and an idle player leave to the engine of a small Pi's memory. */
const share = 0.6;

/** Bytes that the engine wants at its worst for a tree of so many files. */
export function engineMemory(engine: EngineKind, files: number): number {
  const { base, perFile } = model[engine];
  return Math.round(base + perFile * files);
}

/** Does the engine fit into memory without the disk's swap? */
export function fitsInMemory(engine: EngineKind, files: number, memoryTotal: number): boolean {
  return memoryShort(engine, files, memoryTotal) === 0;
}

/** Bytes that the engine lacks at its worst; 0 where it fits into its share of memory. */
export function memoryShort(engine: EngineKind, files: number, memoryTotal: number): number {
  return Math.max(0, engineMemory(engine, files) - Math.floor(memoryTotal * share));
}
