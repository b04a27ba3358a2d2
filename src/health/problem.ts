import { thousands } from "../core/thousands.ts";
import type { Measurement } from "../history/measurement.ts";
import type { EngineKind, Swap } from "../inventory/inventory.ts";
import type { Amount } from "./state.ts";

/** Something that is wrong on a node, in words for the person who cares for it. */
export interface Problem {
  /** Stable, to search for: `E-…` where an error of that code would stop a command, `W-…` otherwise. */
  readonly code: string;
  /** Without the name of the node. */
  readonly message: string;
  /** One command to try, which a person can paste. */
  readonly try: string;
  /**
   * `disk`: the right disk is not there. `degraded`: something that the node needs is off. `apart`: its tree is not the
   * same as the laptop's. `setup`: pimesh has not set it up. `silent`: it was not asked this time. `aside`: the node is no
   * worse for it.
   */
  readonly kind: "disk" | "degraded" | "apart" | "setup" | "silent" | "aside";
}

/** A node that answered, and everything that decides whether it is well. */
export interface Subject {
  readonly name: string;
  readonly measurement: Measurement;
  /** What the inventory asks for. */
  readonly wanted: { readonly swap: Swap | false; readonly engine: EngineKind | false };
  readonly engineTitle: string;
  /** Which engine each member of the family runs, the laptop too where that is known: the whole inventory, in its order. */
  readonly family: readonly { readonly name: string; readonly engine: EngineKind }[];
  /** Absolute path of the synced folder on the node. */
  readonly tree: string;
  /** The laptop's tree; undefined while it is not known. */
  readonly reference: Amount | undefined;
  /** What the node held when it was last counted before. */
  readonly before: Amount | undefined;
  /** Why the tree was not counted although its disk is there. */
  readonly countError: { readonly code: string; readonly message: string } | undefined;
  /** A provision of this laptop has paused its folder while ignore rules changed, and has not resumed it yet. */
  readonly pausedByUs: boolean;
  /** An ordinary ssh command that runs this on the node. */
  readonly ssh: (command: string) => string;
}

/** `1 file`, `1,234 files`. */
export function countOf(amount: number, what: string, several = `${what}s`): string {
  return `${thousands(amount)} ${amount === 1 ? what : several}`;
}
