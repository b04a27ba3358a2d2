import { PimeshError } from "../core/error.ts";
import type { Inventory, Node } from "./inventory.ts";
import { formatPath, suggestion } from "./problem.ts";

/**
 * The nodes that a command line names, each once, in the order of the inventory. Throws E-NODE-UNKNOWN for every name
 * that is none at once, E-USAGE for no name without `all` and for both. `laptop` is no node.
 */
export function selectNodes(
  inventory: Inventory,
  names: readonly string[],
  options: { readonly all?: boolean } = {},
): readonly Node[] {
  if (options.all === true) {
    if (names.length === 0) return inventory.nodes;
    throw new PimeshError("E-USAGE", "node names and --all contradict each other", {
      hint: "name the nodes, or use --all alone",
    });
  }
  if (names.length === 0) {
    throw new PimeshError("E-USAGE", "no node is named", {
      hint: `name one of ${known(inventory)}, or use --all`,
    });
  }
  const unknown = [...new Set(names)].filter((name) => !inventory.nodes.some((node) => node.name === name));
  if (unknown.length > 0) {
    throw new PimeshError("E-NODE-UNKNOWN", unknown.map((name) => whyUnknown(inventory, name)).join("; "), {
      hint: `the inventory knows ${known(inventory)}`,
    });
  }
  return inventory.nodes.filter((node) => names.includes(node.name));
}

/** The one node of that name. Throws E-NODE-UNKNOWN. */
export function selectNode(inventory: Inventory, name: string): Node {
  return selectNodes(inventory, [name])[0] as Node;
}

function whyUnknown(inventory: Inventory, name: string): string {
  if (name === "laptop") return "laptop is the machine that pimesh runs on, not a node";
  const names = inventory.nodes.map((node) => node.name);
  return `there is no node called ${formatPath([name])}${suggestion(name, names)}`;
}

function known(inventory: Inventory): string {
  return inventory.nodes.map((node) => node.name).join(", ");
}
