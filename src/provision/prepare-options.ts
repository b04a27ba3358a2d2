import type { PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Resource } from "./step.ts";

export interface PrepareOptions {
  /** Undefined: all. */
  readonly only: readonly Resource[] | undefined;
  readonly moveHidden: boolean;
  readonly acceptIgnoreChange: boolean;
  readonly acceptMassChange: boolean;
  readonly acceptBootChange: boolean;
}

/** What the laptop remembers of earlier looks. */
export interface Known {
  /** The node's own tree as last counted. */
  readonly held: { readonly files: number; readonly bytes: number } | undefined;
  /** Files that its tree is to hold, for the memory model. */
  readonly files: number | undefined;
}

/** A node that is being looked at, with what is known of it by now. */
export interface Looked {
  readonly connection: Connection;
  readonly node: Node;
  readonly inventory: Inventory;
  readonly facts: Facts;
  readonly disk: PresentDisk;
  readonly known: Known;
  readonly options: PrepareOptions;
}

export function wanted(resource: Resource, options: PrepareOptions): boolean {
  return options.only === undefined || options.only.includes(resource);
}
