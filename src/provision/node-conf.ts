import { quote } from "../core/shell.ts";
import { treePath } from "../inventory/inventory.ts";
import type { SizedNode } from "./swap-size.ts";

/** Raised when what provision installs changes in a way that older scripts could not live with. */
const provisionVersion = 1;

/** What the scripts on the node read: shell assignments, values quoted. */
export function nodeConf(values: {
  readonly node: SizedNode;
  readonly uuid: string;
  /** "" when it is not known: a whole disk has none. */
  readonly partUuid: string;
  /** Short hash of everything that provision installs: tells whether a node is up to date without looking at it all. */
  readonly revision: string;
  readonly swapFile: string | undefined;
  readonly engineUnit: string | undefined;
  /** Further names and values. */
  readonly more: readonly (readonly [string, string])[];
}): string {
  const { node } = values;
  const swap = node.swap === false ? undefined : node.swap;
  const pairs: (readonly [string, string])[] = [
    ["VERSION", String(provisionVersion)],
    ["REVISION", values.revision],
    ["NODE", node.name],
    ["LABEL", node.disk.label],
    ["UUID", values.uuid],
    ["PARTUUID", values.partUuid],
    ["MOUNT", node.disk.mount],
    ["TREE", treePath(node)],
    ["SWAP_FILE", values.swapFile ?? ""],
    ["SWAP_BYTES", String(swap?.bytes ?? 0)],
    ["SWAP_POLICY", swap?.policy ?? "isolated"],
    ["ENGINE_UNIT", values.engineUnit ?? ""],
    ...values.more,
  ];
  const lines = pairs.map(([key, value]) => `PIMESH_${key}=${quote(value)}`);
  return `# Written by pimesh from the inventory; edit it there. Read by the scripts of pimesh on this node.\n${lines.join("\n")}\n`;
}
