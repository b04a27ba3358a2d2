import { PimeshError } from "../core/error.ts";
import type { Node } from "../inventory/inventory.ts";
import { fateOf, type Fate } from "./fate.ts";
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
  /** `what` says why there is no key, for people; `fate` is the same for `noAddress`. */
  | { readonly kind: "nothing"; readonly address: string; readonly what: string; readonly fate: Fate };

/**
 * Looks at the host key of every address, one after another, without logging in. Jump hosts are verified as always.
 * Rejects when `signal` is aborted: what was seen until then is not all there is.
 */
export async function lookAt(node: Node, routes: Routes, signal: AbortSignal): Promise<readonly Sight[]> {
  const sights: Sight[] = [];
  for (const address of node.addresses) {
    signal.throwIfAborted();
    try {
      const { key, revokedBy } = await routes.hostKeyAt(node, address);
      sights.push({ kind: "key", address: address.text, key, revokedBy });
    } catch (error) {
      if (error instanceof PimeshError) throw error;
      const fate = fateOf(address.text, node.name, error);
      sights.push({ kind: "nothing", address: address.text, what: fate.what, fate });
    }
  }
  signal.throwIfAborted();
  return sights;
}
