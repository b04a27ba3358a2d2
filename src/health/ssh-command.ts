import { quote } from "../core/shell.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";

/**
 * An ordinary ssh command that a person can paste to look at a node: `ssh -p 2222 pi@home.example.org lsblk -f`.
 * `address` is the one that answered, as the inventory writes it; without it the first one is named.
 */
export function sshCommand(
  inventory: Inventory,
  node: Node,
  address: string | undefined,
  remote: string,
): string {
  const at = node.addresses.find(({ text }) => text === address) ?? node.addresses[0];
  const words = ["ssh"];
  const hops = hopsOf(inventory, node);
  if (hops.length > 0) words.push("-J", hops.join(","));
  if (at?.port !== undefined) words.push("-p", String(at.port));
  words.push(`${node.user === undefined ? "" : `${node.user}@`}${at?.host ?? node.name}`);
  return `${words.map(quote).join(" ")} ${/^[\w ./@=-]+$/.test(remote) ? remote : quote(remote)}`;
}

/** The nodes to go through, nearest to the laptop first, as ssh's -J wants them. */
function hopsOf(inventory: Inventory, node: Node): string[] {
  const hops: string[] = [];
  const seen = new Set([node.name]);
  let jump = node.jump;
  while (jump !== undefined && !seen.has(jump)) {
    seen.add(jump);
    const name = jump;
    const hop = inventory.nodes.find((candidate) => candidate.name === name);
    const at = hop?.addresses[0];
    const port = at?.port === undefined ? "" : `:${at.port}`;
    hops.unshift(`${hop?.user === undefined ? "" : `${hop.user}@`}${at?.host ?? name}${port}`);
    jump = hop?.jump;
  }
  return hops;
}
