import { PimeshError } from "../core/error.ts";
import { quote } from "../core/shell.ts";
import { sshCommand } from "../health/ssh-command.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";

/**
 * Deep in the layers a hint says `ssh mom lsblk -f`, which works only for whoever has a `mom` in their ssh configuration.
 * For the person it becomes the command that reaches the node by the inventory alone.
 */
export function withRealSsh(error: PimeshError, inventory: Inventory): PimeshError {
  const node = inventory.nodes.find(({ name }) => name === error.node);
  if (node === undefined || error.hint === undefined) return error;
  const hint = realSsh(error.hint, node, inventory);
  return new PimeshError(error.code, error.message, { node: node.name, hint, cause: error.cause });
}

/** The same for a text that is no hint: every `ssh mom …` in it. */
export function realSsh(text: string, node: Node, inventory: Inventory): string {
  const [command = "ssh"] = sshCommand(inventory, node, undefined, "true").split(/ true$/);
  const [identity] = node.identityFiles;
  const reach = identity === undefined ? command : command.replace(/^ssh /, `ssh -i ${quote(identity)} `);
  return text.replaceAll(`ssh ${node.name} `, `${reach} `);
}
