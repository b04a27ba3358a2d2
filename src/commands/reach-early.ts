import { nodesAtOnce } from "../fleet/each-node.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Context } from "./context.ts";

/**
 * The context, with the connections begun that `eachNode` will ask for first. Each serves the first who asks for that node; how it
 * went, also that it failed, is told only then.
 */
export function reachEarly(context: Context, inventory: Inventory, nodes: readonly Node[]): Context {
  const begun = new Map(
    nodes.slice(0, nodesAtOnce).map((node) => [node.name, begin(context, inventory, node)] as const),
  );
  return {
    ...context,
    connect: async (node, of) => {
      const early = begun.get(node.name);
      begun.delete(node.name);
      return early ?? context.connect(node, of);
    },
  };
}

function begin(context: Context, inventory: Inventory, node: Node): Promise<Connection> {
  const connection = context.connect(node, inventory);
  connection.catch(() => undefined);
  return connection;
}
