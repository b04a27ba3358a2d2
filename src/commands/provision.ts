import type { ExitCode } from "../core/exit-code.ts";
import type { Outcome } from "../core/outcome.ts";
import { PimeshError } from "../core/error.ts";
import { eachNode } from "../fleet/each-node.ts";
import { readReference, readSnapshot } from "../history/snapshot.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import { selectNodes } from "../inventory/select.ts";
import { rollBack } from "../provision/apply.ts";
import { onlyResources } from "../provision/only.ts";
import { prepare, type Prepared } from "../provision/prepare.ts";
import type { Known, PrepareOptions } from "../provision/prepare-options.ts";
import { changes, type Plan } from "../provision/step.ts";
import { liveLines, type LiveLines } from "../render/live.ts";
import { renderPlanLines } from "../render/plan.ts";
import { planLines } from "../report/plan.ts";
import { quietLines } from "../report/quiet-lines.ts";
import type { HomePairing } from "../report/pairing.ts";
import { resultLine, type Provisioned } from "../report/provision.ts";
import type { Connection } from "../ssh/connection.ts";
import { applyPart } from "./apply-part.ts";
import type { Context } from "./context.ts";
import type { NodeHome } from "./home-to-pair.ts";
import { inventoryOf } from "./inventory-of.ts";
import { offerKey } from "./offer-key.ts";
import type { ProvisionOptions } from "./provision-options.ts";
import { quietFamily, type Quiet } from "./quiet-family.ts";
import { pairHomes } from "./pair-homes.ts";
import { reportProvision } from "./report-provision.ts";

/** Facts → plan → shown → asked → applied; on several nodes side by side. */
export async function provision(
  context: Context,
  names: readonly string[],
  options: ProvisionOptions,
): Promise<ExitCode> {
  const prepareOptions: PrepareOptions = {
    only: onlyResources(options.only),
    moveHidden: options.moveHidden === true,
    acceptIgnoreChange: options.acceptIgnoreChange === true,
    acceptMassChange: options.acceptMassChange === true,
    acceptBootChange: options.acceptBootChange === true,
  };
  const inventory = await inventoryOf(context, options);
  const nodes = selectNodes(inventory, names, options);
  const open = new Map<string, Connection>();
  try {
    const run: Run = { context, inventory, nodes, open, prepareOptions, offerKey: options.dryRun !== true };
    const planned = await planAll(run);
    show(context, inventory, planned, options);
    const finished = await applyAll({ ...run, planned, options });
    const homes = await homesOf(run, planned, finished, options);
    const paired = await pairAll(run, homes, options).catch((error: unknown) => {
      // What has been done to the nodes is told in any case.
      if (error instanceof PimeshError) reportProvision(context, inventory, finished, [], options);
      throw error;
    });
    return reportProvision(context, inventory, finished, paired, options);
  } finally {
    await Promise.all([...open.values()].map((connection) => connection[Symbol.asyncDispose]()));
  }
}

interface Run {
  readonly context: Context;
  readonly inventory: Inventory;
  readonly nodes: readonly Node[];
  /** Connections stay open from the plan to the apply: one for each node and run. */
  readonly open: Map<string, Connection>;
  readonly prepareOptions: PrepareOptions;
  /** Not where nothing is to change. */
  readonly offerKey: boolean;
}

async function planAll(run: Run): Promise<Outcome<Prepared>[]> {
  using lines = liveLines(run.context, namesOf(run.nodes), {
    plain: "silent",
    busy: () => asking(run.context),
  });
  return eachNode(
    run.nodes,
    async (node) => {
      lines.update(node.name, "connecting");
      const connection = await run.context.connect(node, run.inventory);
      run.open.set(node.name, connection);
      if (run.offerKey) await offerKey(run.context, connection);
      lines.update(node.name, "looking at it and planning");
      return prepare(connection, node, run.inventory, await knownOf(run.context, node), run.prepareOptions);
    },
    {
      onOutcome: (outcome) =>
        lines.done(
          outcome.node,
          outcome.ok ? `${changes(outcome.value.plan).length} to do` : outcome.error.message,
        ),
    },
  );
}

async function knownOf(context: Context, node: Node): Promise<Known> {
  const [own, laptop] = await Promise.all([
    readSnapshot(context.stateFolder, node.name),
    readReference(context.stateFolder),
  ]);
  const held = own.kind === "kept" ? own.snapshot.counted?.counts : undefined;
  const reference = laptop.kind === "kept" ? laptop.snapshot.counted.counts : undefined;
  const counts = [held?.files, reference?.files].filter((files) => files !== undefined);
  return { held, files: counts.length === 0 ? undefined : Math.max(...counts) };
}

function show(
  context: Context,
  inventory: Inventory,
  planned: readonly Outcome<Prepared>[],
  options: ProvisionOptions,
): void {
  if (options.json === true) return;
  for (const outcome of planned) if (outcome.ok) showPlan(context, outcome.value.plan, options);
  if (!rulesChange(planned)) return;
  const named = planned.map((outcome) => outcome.node);
  context.out(`${renderPlanLines(quietLines(inventory, named), context.terminal)}\n`);
}

function showPlan(context: Context, plan: Plan, options: ProvisionOptions): void {
  const lines = planLines(plan, { verbose: options.verbose === true });
  context.out(`${renderPlanLines(lines, context.terminal)}\n`);
}

async function applyAll(
  run: Run & { planned: readonly Outcome<Prepared>[]; options: ProvisionOptions },
): Promise<Outcome<Provisioned>[]> {
  const { context, planned, options } = run;
  const ready = planned.filter((outcome) => outcome.ok);
  const todo = ready.filter(({ value }) => hasWork(value.plan));
  const allowed = todo.length > 0 && options.dryRun !== true && (await confirmed(context, todo, options));
  using lines = liveLines(context, allowed ? todo.map((outcome) => outcome.node) : [], {
    plain: "silent",
    busy: () => asking(context),
  });
  const byName = new Map(planned.map((outcome) => [outcome.node, outcome]));
  const quiet = options.dryRun === true ? undefined : await quietWhileRulesChange(run, planned, allowed);
  try {
    return await eachNode(
      run.nodes,
      async (node): Promise<Provisioned> => {
        const outcome = byName.get(node.name) as Outcome<Prepared>;
        if (!outcome.ok) throw outcome.error;
        const { plan } = outcome.value;
        if (!hasWork(plan)) return { plans: [plan], result: "unchanged", runs: [] };
        if (!allowed) return { plans: [plan], result: "planned", runs: [] };
        return applyParts({ ...run, node, lines, first: outcome.value });
      },
      {
        onOutcome: (outcome) => {
          if (allowed && byName.get(outcome.node)?.ok === true) lines.done(outcome.node, resultLine(outcome));
        },
      },
    );
  } finally {
    await quiet?.resume();
  }
}

async function quietWhileRulesChange(
  { context, inventory, nodes, open }: Run,
  planned: readonly Outcome<Prepared>[],
  allowed: boolean,
): Promise<Quiet> {
  const busy = nodes.flatMap((node, index) => {
    const [connection, outcome] = [open.get(node.name), planned[index]];
    if (connection === undefined || outcome?.ok !== true || !outcome.value.hasSyncthing) return [];
    return [{ node, connection, lock: `${outcome.value.place.profile.stateFolder}/lock` }];
  });
  const silent = nodes.filter(({ name }) => !open.has(name)).map(({ name }) => name);
  return quietFamily(context, inventory, { nodes: busy, silent, pause: allowed && rulesChange(planned) });
}

/** The engines with a folder key know no pause. */
function rulesChange(planned: readonly Outcome<Prepared>[]): boolean {
  return planned.some((outcome) => outcome.ok && outcome.value.changesRules);
}

/** An interrupted run has to be finished even when nothing is left to change. */
function hasWork(plan: Plan): boolean {
  return changes(plan).length > 0 || plan.cutOff;
}

async function confirmed(
  context: Context,
  todo: readonly { readonly node: string }[],
  options: ProvisionOptions,
): Promise<boolean> {
  if (options.yes === true) return true;
  return context.prompt.confirm(`Apply this to ${todo.map(({ node }) => node).join(", ")}?`, {
    flag: "--yes applies without asking, --dry-run only shows",
  });
}

/**
 * Applies a plan, then the second part that could be planned only after it; both are one run in the node's journal. A guard
 * that fires in between undoes the first part, so that "refused" always means "nothing changed".
 */
async function applyParts(
  run: Run & { node: Node; lines: LiveLines; first: Prepared; options: ProvisionOptions },
): Promise<Provisioned> {
  const { context, node, lines, first } = run;
  const connection = run.open.get(node.name) as Connection;
  const applied = await applyPart({ ...run, connection }, first, first.plan.continues !== undefined);
  if (first.plan.continues === undefined) return { plans: [first.plan], result: "applied", runs: [applied] };
  let second: Prepared;
  try {
    second = await prepare(connection, node, run.inventory, await knownOf(context, node), run.prepareOptions);
    if (run.options.json !== true) {
      lines.print(`the second part of ${node.name}:`);
      // What there was to note has been noted with the first part.
      showPlan(context, { ...second.plan, notices: [], cutOff: false }, run.options);
    }
    if (changes(second.plan).length > 0 && !(await confirmed(context, [{ node: node.name }], run.options))) {
      throw new PimeshError("E-DECLINED", "the second part was declined, so the first is undone", {
        node: node.name,
      });
    }
  } catch (error) {
    lines.update(node.name, "undoing");
    await rollBack(connection, first.place, applied);
    throw error;
  }
  await applyPart({ ...run, connection }, second, false);
  return { plans: [first.plan, second.plan], result: "applied", runs: [applied] };
}

/** Whose Syncthing is to be paired: as provisioned as it is to be, unless this is only a look. */
async function homesOf(
  { context, nodes, open, prepareOptions }: Run,
  planned: readonly Outcome<Prepared>[],
  finished: readonly Outcome<Provisioned>[],
  { dryRun }: ProvisionOptions,
): Promise<NodeHome[]> {
  const { only } = prepareOptions;
  if (only !== undefined && !only.includes("engine")) return [];
  const homes = nodes.map(async (node, index): Promise<NodeHome[]> => {
    const [before, after, connection] = [planned[index], finished[index], open.get(node.name)];
    if (before?.ok !== true || after?.ok !== true || connection === undefined) return [];
    if (!before.value.hasSyncthing || (after.value.result === "planned" && dryRun !== true)) return [];
    const { place, user, memoryTotal } = before.value;
    const { held } = await knownOf(context, node);
    return [{ node, connection, place, user, memoryTotal, held }];
  });
  return (await Promise.all(homes)).flat();
}

async function pairAll(
  { context, inventory }: Run,
  homes: readonly NodeHome[],
  options: ProvisionOptions,
): Promise<Outcome<HomePairing>[]> {
  if (homes.length === 0) return [];
  return pairHomes(context, inventory, homes, {
    dryRun: options.dryRun === true,
    json: options.json === true,
    yes: options.yes === true,
    acceptMassChange: options.acceptMassChange === true,
  });
}

function asking(context: Context): boolean {
  return context.prompt.asking?.() === true;
}

function namesOf(nodes: readonly Node[]): string[] {
  return nodes.map((node) => node.name);
}
