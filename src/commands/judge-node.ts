import { PimeshError } from "../core/error.ts";
import type { Outcome } from "../core/outcome.ts";
import { engines } from "../engine/engines.ts";
import { silentProblems } from "../health/silent-problems.ts";
import { judge } from "../health/problems.ts";
import { sshCommand } from "../health/ssh-command.ts";
import type { Amount } from "../health/state.ts";
import { countedOf, type Measurement } from "../history/measurement.ts";
import { readQuieted } from "../history/quieted.ts";
import { readSnapshot, writeSnapshot, type Counted, type Kept, type Snapshot } from "../history/snapshot.ts";
import { treePath, type Inventory, type Node } from "../inventory/inventory.ts";
import type { NodeStatus } from "../report/status.ts";
import type { Context } from "./context.ts";
import type { Observed } from "./observe-node.ts";

export interface JudgedNode {
  readonly node: NodeStatus;
  /** A record of its past that could not be used: told, and nothing more, since the present is known. */
  readonly told: readonly PimeshError[];
  /** What it said could not be kept. */
  readonly failed: readonly PimeshError[];
}

/** Judges what a node said, or its silence, against the laptop and its own past; keeps what it said. */
export async function judgeNode(
  context: Context,
  inventory: Inventory,
  node: Node,
  outcome: Outcome<Observed>,
  reference: Amount | undefined,
): Promise<JudgedNode> {
  const kept = await readSnapshot(context.stateFolder, node.name);
  const before = kept.kind === "kept" ? kept.snapshot : undefined;
  const told = kept.kind === "unusable" ? [unusable(node, kept)] : [];
  if (!outcome.ok) return { node: silent(context, node, outcome.error, before), told, failed: [] };

  const { measurement, countError } = outcome.value;
  const counted: Counted | undefined =
    measurement.counts === null
      ? (before?.counted ?? undefined)
      : { at: countedOf(measurement).at, counts: measurement.counts };
  const earlier = earlierCount(before, measurement);
  const engine = engines[node.engine === false ? "syncthing" : node.engine];
  const verdict = judge({
    name: node.name,
    measurement,
    wanted: { swap: node.swap, engine: node.engine },
    engineTitle: engine.title,
    family: familyOf(inventory),
    tree: treePath(node),
    reference,
    before: earlier?.counts,
    countError,
    pausedByUs: (await readQuieted(context.stateFolder)).includes(node.name),
    ssh: (command) => sshCommand(inventory, node, measurement.address, command),
  });
  const failed =
    kept.kind === "unusable" && kept.newer
      ? []
      : await keep(context, {
          node: node.name,
          measurement,
          counted: counted ?? null,
          before: earlier,
        });
  return {
    node: { name: node.name, ...verdict, measurement, counted, error: failureOf(countError) },
    told,
    failed,
  };
}

function familyOf({ laptop, nodes }: Inventory): Parameters<typeof judge>[0]["family"] {
  return [...nodes, { name: "laptop", engine: laptop.engine ?? (false as const) }].flatMap(
    ({ name, engine }) => (engine === false ? [] : [{ name, engine }]),
  );
}

/**
 * The count before this one. An index that is asked twice gives the same count twice; its time may move by a little, as
 * it is told by the node's clock.
 */
function earlierCount(before: Snapshot | undefined, measurement: Measurement): Counted | undefined {
  const last = before?.counted ?? undefined;
  const { at, by } = countedOf(measurement);
  const again = by === "index" && last !== undefined && Math.abs(last.at - at) < 60_000;
  return measurement.counts === null || again ? before?.before : last;
}

function silent(context: Context, node: Node, error: PimeshError, before: Snapshot | undefined): NodeStatus {
  return {
    name: node.name,
    state: "unreachable",
    measurement: before?.measurement,
    counted: before?.counted ?? undefined,
    problems: silentProblems(node.name, error, context.now(), before?.measurement),
    error,
  };
}

/** A folder that is not there is an answer, and an unhealthy one; everything else means that we failed to ask. */
function failureOf(countError: PimeshError | undefined): PimeshError | undefined {
  return countError?.code === "E-TREE-ABSENT" ? undefined : countError;
}

/** A record that cannot be kept must not hide what is known now. */
async function keep(context: Context, snapshot: Snapshot): Promise<PimeshError[]> {
  try {
    await writeSnapshot(context.stateFolder, snapshot);
    return [];
  } catch (error) {
    if (error instanceof PimeshError) return [error];
    throw error;
  }
}

function unusable(node: Node, kept: Extract<Kept<Snapshot>, { kind: "unusable" }>): PimeshError {
  return new PimeshError("E-STATE", `what it last said is lost: ${kept.path}: ${kept.reason}`, {
    node: node.name,
    hint: kept.newer ? "use the newer pimesh, or move the file away" : `pimesh status ${node.name}`,
  });
}
