import { PimeshError } from "../core/error.ts";
import { valueOf } from "../core/answer.ts";
import { differingRules } from "../engine/differing-rules.ts";
import { gatherHealthFacts } from "../facts/gather.ts";
import { clockOffset, measure } from "../health/measure.ts";
import { holdsTree, type Measurement } from "../history/measurement.ts";
import type { HealthFacts } from "../facts/facts.ts";
import { indexVerdict } from "../health/index-verdict.ts";
import { treePath, type Inventory, type Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import { countNode } from "../tree/count-node.ts";
import { rulesHash } from "../tree/far-end-rules.ts";
import { nodeFilter, nodeTree } from "../tree/node-tree.ts";
import type { Context } from "./context.ts";
import { askEngine } from "./ask-engine.ts";
import { askTraces } from "./ask-traces.ts";
import { measured } from "./observe-laptop.ts";

export interface Observed {
  readonly measurement: Measurement;
  /** Why its tree was not counted although its disk is there. */
  readonly countError: PimeshError | undefined;
}

export interface Asking {
  /** Walks through the tree although the node's own index could be believed. */
  readonly fresh: boolean;
  readonly doing: (text: string) => void;
}

/**
 * Asks a node everything that status shows, over one connection. What its tree holds comes from its own index where that
 * can be believed, else it is counted now; both only while the right disk is really mounted: what lies under a mount
 * point without it is not the tree.
 */
export async function observeNode(
  context: Context,
  inventory: Inventory,
  node: Node,
  { fresh, doing }: Asking,
): Promise<Observed> {
  doing("connecting");
  await using connection = await context.connect(node, inventory);
  doing("asking");
  const asked = context.now();
  const facts = await gatherHealthFacts(connection, node);
  const answered = context.now();
  const machine = measure(facts, node, {
    at: answered,
    address: connection.address,
    clockOffset: clockOffset(valueOf(facts.clock)?.seconds, asked, answered),
  });
  if (!holdsTree(machine.disk.state)) return { measurement: machine, countError: undefined };
  const seen = withRules(machine, facts, node, inventory);
  const counted = await countedBy(
    fresh ? seen : withIndex(seen, facts, node, inventory),
    async () => {
      doing("counting");
      return count(context, inventory, node, connection);
    },
    answered,
  );
  // Last, so that what it says is of the same time as a count that took long.
  const { measurement } = counted;
  if (!holdsTree(measurement.disk.state)) return counted;
  const sync = await askEngine(context, inventory, node, { connection, measurement });
  const traces = await askTraces(context, node, { connection, measurement });
  return {
    ...counted,
    measurement: {
      ...measurement,
      ...(sync === undefined ? {} : { sync }),
      ...(traces === undefined ? {} : { traces }),
    },
  };
}

/** Counts by a walk where no index has done so. `at`: when the node was asked. */
async function countedBy(
  measurement: Measurement,
  walk: () => Promise<Measurement["counts"]>,
  at: number,
): Promise<Observed> {
  if (measurement.counts !== null) return { measurement, countError: undefined };
  try {
    const counts = await walk();
    return { measurement: { ...measurement, counts, counted: { at, by: "scan" } }, countError: undefined };
  } catch (error) {
    if (!(error instanceof PimeshError) || error.code === "E-INTERRUPTED") throw error;
    return uncounted(measurement, error);
  }
}

/** With what speaks against the engine's ignore files. A file that cannot be read is no news. */
function withRules(
  measurement: Measurement,
  facts: HealthFacts,
  node: Node,
  { ignore }: Inventory,
): Measurement {
  if (node.engine === false) return measurement;
  const files = facts.ignoreFile.kind === "absent" ? [] : valueOf(facts.ignoreFile);
  const differences = files === undefined ? undefined : differingRules(node.engine, files, ignore);
  return differences === undefined ? measurement : { ...measurement, ignore: differences };
}

/** With the counts of the node's own index, or with what speaks against it. */
function withIndex(
  measurement: Measurement,
  facts: HealthFacts,
  node: Node,
  inventory: Inventory,
): Measurement {
  const verdict = indexVerdict(facts.index, {
    promised: valueOf(facts.provisioned)?.index === true,
    uuid: measurement.disk.uuid,
    tree: treePath(node),
    rules: rulesHash(nodeFilter(node, inventory.ignore)),
    now: valueOf(facts.clock)?.seconds,
  });
  if (verdict.kind === "none") return measurement;
  if (verdict.kind !== "good") return { ...measurement, index: { state: verdict.kind, why: verdict.why } };
  return {
    ...measurement,
    counts: verdict.counts,
    counted: { at: measurement.at - verdict.age * 1000, by: "index" },
  };
}

async function count(
  { signal }: Context,
  { ignore }: Inventory,
  node: Node,
  connection: Connection,
): Promise<Measurement["counts"]> {
  return measured(await countNode(nodeTree(connection, node, { ignore, signal })));
}

/** The facts stand although the count failed. A disk that was pulled meanwhile is no failure, but the news itself. */
function uncounted(measurement: Measurement, error: PimeshError): Observed {
  if (error.code !== "E-DISK-NOT-MOUNTED") return { measurement, countError: error };
  return {
    measurement: { ...measurement, disk: { ...measurement.disk, state: "unmounted" } },
    countError: undefined,
  };
}
