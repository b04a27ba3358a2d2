import type { PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Profile } from "./profile.ts";
import type { SwapPolicy } from "./swap-policy.ts";
import type { SizedNode } from "./swap-size.ts";

/** What decides everything that a node is to have. */
export interface DesiredInput {
  readonly node: SizedNode;
  readonly inventory: Inventory;
  readonly facts: Facts;
  readonly disk: PresentDisk;
  readonly profile: Profile;
  /** Who is logged in: owner of the tree and user of the engine. */
  readonly user: { readonly name: string; readonly owner: string };
  readonly policy: SwapPolicy;
}
