import { quote } from "../core/shell.ts";
import { treePath, type Node } from "../inventory/inventory.ts";

/** Raised when what provision installs changes in a way that older scripts could not live with. */
const provisionVersion = 1;

/** What the scripts on the node read: shell assignments, values quoted. */
export function nodeConf(values: {
  readonly node: Node;
  readonly uuid: string;
  /** Short hash of everything that provision installs: tells whether a node is up to date without looking at it all. */
  readonly revision: string;
  readonly swapFile: string | undefined;
  readonly engineUnit: string | undefined;
}): string {
  const { node } = values;
  const swap = node.swap === false ? undefined : node.swap;
  const pairs: [string, string][] = [
    ["VERSION", String(provisionVersion)],
    ["REVISION", values.revision],
    ["NODE", node.name],
    ["LABEL", node.disk.label],
    ["UUID", values.uuid],
    ["MOUNT", node.disk.mount],
    ["TREE", treePath(node)],
    ["SWAP_FILE", values.swapFile ?? ""],
    ["SWAP_BYTES", String(swap?.bytes ?? 0)],
    ["SWAP_POLICY", swap?.policy ?? "isolated"],
    ["ENGINE_UNIT", values.engineUnit ?? ""],
  ];
  const lines = pairs.map(([key, value]) => `PIMESH_${key}=${quote(value)}`);
  return `# Written by pimesh from the inventory; edit it there. Read by the scripts of pimesh on this node.\n${lines.join("\n")}\n`;
}
