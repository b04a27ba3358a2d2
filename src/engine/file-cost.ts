import type { EngineKind } from "../inventory/inventory.ts";
import { engineMemory } from "./memory-model.ts";

/** What files cost by their number alone, whatever is in them. */
export interface FileCost {
  /** Bytes of memory that the dearest of the engines holds for them at its worst; undefined without an engine. */
  readonly memory: number | undefined;
  /** Of a first sync. */
  readonly seconds: number;
}

/**
 * Files a second at best: 119,617 small ones that a Syncthing 1.19.2 in its low-memory profile received in 333 s, two of
 * them on one PC. A Pi's disk is slower.
 */
const filesPerSecond = 360;

export function fileCost(engines: readonly (EngineKind | false)[], files: number): FileCost {
  const each = engines.filter((engine) => engine !== false);
  const memory = each.map((engine) => engineMemory(engine, files) - engineMemory(engine, 0));
  return {
    memory: memory.length === 0 ? undefined : Math.max(...memory),
    seconds: files / filesPerSecond,
  };
}
