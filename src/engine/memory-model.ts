import type { EngineKind } from "../inventory/inventory.ts";
import { engines } from "./engines.ts";

/** What the system, sshd and an idle player leave to the engine of a small Pi's memory. */
const share = 0.6;

/** Bytes that the engine wants at its worst for a tree of so many files: an estimate. */
export function engineMemory(engine: EngineKind, files: number): number {
  const { base, perFile } = engines[engine].memory;
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
