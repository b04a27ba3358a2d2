import { PimeshError } from "../core/error.ts";
import { valueOf } from "../core/answer.ts";
import { gatherFacts } from "../facts/gather.ts";
import { clockOffset, measure } from "../health/measure.ts";
import { holdsTree, type Measurement } from "../history/measurement.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import { countNode } from "../tree/count-node.ts";
import { nodeTree } from "../tree/node-tree.ts";
import type { Context } from "./context.ts";
import { measured } from "./observe-laptop.ts";

export interface Observed {
  readonly measurement: Measurement;
  /** Why its tree was not counted although its disk is there. */
  readonly countError: PimeshError | undefined;
}

/**
 * Asks a node everything that status shows, over one connection. Its tree is counted only while the right disk is
 * really mounted: what lies under a mount point without it is not the tree.
 */
export async function observeNode(
  context: Context,
  inventory: Inventory,
  node: Node,
  doing: (text: string) => void,
): Promise<Observed> {
  doing("connecting");
  await using connection = await context.connect(node, inventory);
  doing("asking");
  const asked = context.now();
  const facts = await gatherFacts(connection, node);
  const answered = context.now();
  const measurement = measure(facts, node, {
    at: answered,
    address: connection.address,
    clockOffset: clockOffset(valueOf(facts.clock)?.seconds, asked, answered),
  });
  if (!holdsTree(measurement.disk.state)) return { measurement, countError: undefined };
  doing("counting");
  try {
    return {
      measurement: { ...measurement, counts: await count(context, inventory, node, connection) },
      countError: undefined,
    };
  } catch (error) {
    if (!(error instanceof PimeshError) || error.code === "E-INTERRUPTED") throw error;
    return uncounted(measurement, error);
  }
}

async function count(
  { signal }: Context,
  { ignore }: Inventory,
  node: Node,
  connection: Connection,
): Promise<Measurement["counts"]> {
  return measured(await countNode(await nodeTree(connection, node, { ignore, signal })));
}

/** The facts stand although the count failed. A disk that was pulled meanwhile is no failure, but the news itself. */
function uncounted(measurement: Measurement, error: PimeshError): Observed {
  if (error.code !== "E-DISK-NOT-MOUNTED") return { measurement, countError: error };
  return {
    measurement: { ...measurement, disk: { ...measurement.disk, state: "unmounted" } },
    countError: undefined,
  };
}
