import { PimeshError } from "../core/error.ts";
import type { Node } from "../inventory/inventory.ts";
import { fateOf } from "./fate.ts";
import type { HostKey } from "./host-key.ts";
import type { Routes } from "./routes.ts";

/** What one address of a node showed. */
export type Sight =
  | {
      readonly kind: "key";
      readonly address: string;
      readonly key: HostKey;
      readonly revokedBy: string | undefined;
    }
  /** `what` says why there is no key, for people. */
  | { readonly kind: "nothing"; readonly address: string; readonly what: string };

/** Looks at the host key of every address, one after another, without logging in. Jump hosts are verified as always. */
export async function lookAt(node: Node, routes: Routes): Promise<readonly Sight[]> {
  const sights: Sight[] = [];
  for (const address of node.addresses) {
    try {
      const { key, revokedBy } = await routes.hostKeyAt(node, address);
      sights.push({ kind: "key", address: address.text, key, revokedBy });
    } catch (error) {
      if (error instanceof PimeshError) throw error;
      const { what } = fateOf(address.text, node.name, error);
      sights.push({ kind: "nothing", address: address.text, what });
    }
  }
  return sights;
}
