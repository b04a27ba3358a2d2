import { formatBytes } from "../core/bytes.ts";
import { engineMemory, fitsInMemory } from "../engine/memory-model.ts";
import type { EngineKind, Swap } from "../inventory/inventory.ts";

/** What becomes of the disk's swap on a node. `off`: the file is made and waits; why, and what would change it. */
export type SwapPolicy =
  | { readonly kind: "none" }
  | {
      readonly kind: "off";
      readonly why: string;
      readonly hint?: string;
      /** It is off for want of this alone; see `bootChange`. */
      readonly lacks?: "memory-controller";
      /** The engine cannot live without it, says the inventory, and waits. */
      readonly gate?: true;
    }
  | { readonly kind: "isolated"; readonly gate: boolean }
  | { readonly kind: "shared"; readonly gate: boolean };

export interface SwapQuestion {
  readonly swap: Swap | false;
  readonly engine: EngineKind | false;
  /** Undefined: could not be told. */
  readonly memoryController: boolean | undefined;
  readonly memoryTotal: number | undefined;
  /** Files of the tree as last counted; undefined before the first count. */
  readonly files: number | undefined;
  readonly node: string;
  /** What keeps the others out of the disk's swap is systemd's. Default true. */
  readonly canIsolate?: boolean;
}

/**
 * A pulled disk with anybody else's pages on it kills the machine, so the swap is used only where nobody but the engine
 * and the player can swap to it; and because that takes zram away from the others, only where the engine needs it.
 */
export function decideSwap(question: SwapQuestion): SwapPolicy {
  const { swap, engine, files, memoryTotal } = question;
  if (swap === false) return { kind: "none" };
  // Who makes the swap a gate says that the engine cannot live without it
  const needed = swap.require === true || needsSwap(question);
  const gate = swap.require !== false && needed === true;
  if (swap.policy === "shared") return { kind: "shared", gate };
  if (question.canIsolate === false) {
    return {
      kind: "off",
      why: "without systemd nobody can be kept out of the disk's swap, and a pulled disk with somebody's memory on it takes the machine down",
      hint: "if you want it all the same, for everybody, write swap: { policy: shared } in the inventory",
    };
  }
  if (engine === false) return { kind: "off", why: "no engine is configured that could need it" };
  if (needed === undefined) {
    return {
      kind: "off",
      why: "how much memory the engine needs is known only when the tree has been counted",
      hint: "pimesh status, then provision again",
    };
  }
  if (!needed) {
    return {
      kind: "off",
      why: `the engine fits into memory (about ${formatBytes(engineMemory(engine, files as number))} of ${formatBytes(memoryTotal as number)}), and isolating it would take zram away from everybody else`,
    };
  }
  // Last: where the engine can live without the swap, nobody has to touch the boot partition
  if (question.memoryController !== true) {
    return {
      kind: "off",
      why: "the kernel's memory controller is off, so nobody can be kept out of the disk's swap",
      lacks: "memory-controller",
      ...(swap.require === true ? { gate: true } : {}),
    };
  }
  return { kind: "isolated", gate };
}

/** Undefined: cannot be told yet. */
function needsSwap({ engine, files, memoryTotal }: SwapQuestion): boolean | undefined {
  if (engine === false || files === undefined || memoryTotal === undefined) return undefined;
  return !fitsInMemory(engine, files, memoryTotal);
}
