import type { Node } from "../inventory/inventory.ts";

/** Where Syncthing listens unless it is told otherwise. */
const port = 22_000;

/**
 * Where the others look for a node: at the hosts that the inventory names, and wherever discovery finds it. Behind a jump host the
 * names mean something there only.
 */
export function deviceAddresses(node: Node): string[] {
  if (node.jump !== undefined) return ["dynamic"];
  const hosts = node.addresses.map(({ host }) => (host.includes(":") ? `[${host}]` : host));
  return [...new Set(hosts.map((host) => `tcp://${host}:${port}`)), "dynamic"];
}
