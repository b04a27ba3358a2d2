import { PimeshError } from "../core/error.ts";
import type { ExitCode } from "../core/exit-code.ts";
import { conflictSign } from "../engine/conflict-copy.ts";
import { eachNode } from "../fleet/each-node.ts";
import { readDeviceIds } from "../history/device-ids.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { selectNode, selectNodes } from "../inventory/select.ts";
import { renderConflicts } from "../render/conflicts.ts";
import { renderErrors } from "../render/errors.ts";
import { renderJson } from "../render/json.ts";
import { liveLines } from "../render/live.ts";
import { conflictsDocument, conflictsReport, type ConflictsResult } from "../report/conflicts.ts";
import { findConflicts, type Conflicts } from "../tree/conflicts.ts";
import type { Context } from "./context.ts";
import { laptopSide, nodeSide, type DiffSide } from "./diff-side.ts";
import { inventoryOf } from "./inventory-of.ts";
import { withRealSsh } from "./real-ssh.ts";

export interface ConflictsOptions {
  readonly inventory?: string;
  /** One JSON document. */
  readonly json?: boolean;
  /** Bytes as plain numbers. */
  readonly bytes?: boolean;
  /** Takes the laptop's tree as it is now for the right one. */
  readonly acceptLaptopTree?: boolean;
}

/** Lists the conflict copies of all homes, the laptop's with them, or of those that are named. Exit code 1 when there are any. */
export async function conflicts(
  context: Context,
  names: readonly string[],
  options: ConflictsOptions,
): Promise<ExitCode> {
  return conflictsOf(context, await inventoryOf(context, options), names, options);
}

/** The same with the inventory at hand. */
export async function conflictsOf(
  context: Context,
  inventory: Inventory,
  names: readonly string[],
  options: ConflictsOptions,
): Promise<ExitCode> {
  const homes = homesOf(inventory, names);
  using lines = liveLines(context, homes);
  const found = await eachNode(
    homes.map((name) => ({ name })),
    async ({ name }) => findIn(context, inventory, name, options, (text) => lines.update(name, text)),
    {
      onOutcome: (outcome) =>
        lines.done(outcome.node, outcome.ok ? `${outcome.value.found.length} found` : outcome.error.message),
    },
  );
  lines.finish();
  if (context.signal.aborted)
    throw new PimeshError("E-INTERRUPTED", "interrupted before every home had answered");
  const result: ConflictsResult = {
    homes: found,
    inventory,
    deviceName: await deviceNames(context, inventory),
  };
  const report = conflictsReport(result, options.bytes === true ? "exact" : "human");
  context.out(
    options.json === true ? renderJson(conflictsDocument(result)) : renderConflicts(report, context.terminal),
  );
  const errors = found.flatMap((home) => (home.ok ? [] : [withRealSsh(home.error, inventory)]));
  if (errors.length > 0) context.err(renderErrors(errors, context.terminal));
  return report.exitCode;
}

function homesOf(inventory: Inventory, names: readonly string[]): readonly string[] {
  if (names.length === 0) return ["laptop", ...inventory.nodes.map(({ name }) => name)];
  const nodes = names.filter((name) => name !== "laptop");
  return [
    ...(nodes.length < names.length ? ["laptop"] : []),
    ...(nodes.length === 0 ? [] : selectNodes(inventory, nodes).map(({ name }) => name)),
  ];
}

async function findIn(
  context: Context,
  inventory: Inventory,
  name: string,
  options: ConflictsOptions,
  doing: (text: string) => void,
): Promise<Conflicts> {
  if (name === "laptop") {
    return copiesOf(await laptopSide(context, inventory, options.acceptLaptopTree === true), doing);
  }
  const node = selectNode(inventory, name);
  doing("connecting");
  await using connection = await context.connect(node, inventory);
  doing("looking through its tree");
  // Awaited here, while the connection stands
  return await copiesOf(nodeSide(connection, node, inventory, context.signal, "tree", conflictSign), doing);
}

async function copiesOf({ name, scan, hides }: DiffSide, doing: (text: string) => void): Promise<Conflicts> {
  const watch = setInterval(() => {
    if (name === "laptop") doing(`${scan.progress.entries} entries so far`);
  }, 250);
  try {
    return await findConflicts(scan, (path) => hides(path, "other"));
  } finally {
    clearInterval(watch);
  }
}

/** A conflict copy names its device by the first seven characters of its ID. */
async function deviceNames(
  { stateFolder }: Context,
  { peers }: Inventory,
): Promise<ConflictsResult["deviceName"]> {
  const ids = Object.entries({ ...peers, ...(await readDeviceIds(stateFolder)) });
  return (short) => ids.find(([, id]) => id.startsWith(`${short}-`))?.[0];
}
