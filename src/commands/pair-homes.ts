import type { Outcome } from "../core/outcome.ts";
import { eachNode } from "../fleet/each-node.ts";
import { readKnownDevices, writeKnownDevices, type KnownDevices } from "../history/device-ids.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { LaptopRules } from "../provision/laptop-rules.ts";
import { liveLines } from "../render/live.ts";
import { renderPlanLines } from "../render/plan.ts";
import { pairingLines, type HomePairing, type PairingChange } from "../report/pairing.ts";
import { applyPlan } from "../syncthing/apply-plan.ts";
import type { Change } from "../syncthing/change.ts";
import { familyOf, wishOf } from "../syncthing/homes.ts";
import type { Instance } from "../syncthing/instance.ts";
import { askState } from "../syncthing/instance-state.ts";
import { ourFolder } from "../syncthing/our-folder.ts";
import { planInstance, type InstancePlan } from "../syncthing/plan-instance.ts";
import { twinError } from "../syncthing/twin-error.ts";
import { untilItListens } from "../syncthing/until-it-listens.ts";
import { whoIsWho, type WhoIsWho } from "../syncthing/who-is-who.ts";
import type { Context } from "./context.ts";
import { changeLaptopRules } from "./change-laptop-rules.ts";
import {
  laptopHome,
  nodeHome,
  type Home,
  type HomeOptions,
  type NodeHome,
  type Open,
} from "./home-to-pair.ts";

export interface PairOptions extends HomeOptions {
  readonly json: boolean;
  readonly yes: boolean;
}

/**
 * Pairs every home with every other: who is who, then what each lacks, shown, asked and done. A home that cannot be asked keeps what it
 * was paired with, at all the others too.
 */
export async function pairHomes(
  context: Context,
  inventory: Inventory,
  nodes: readonly NodeHome[],
  options: PairOptions,
): Promise<Outcome<HomePairing>[]> {
  using lines = liveLines(context, ["laptop", ...nodes.map(({ node }) => node.name)], { plain: "silent" });
  const opened: Instance[] = [];
  const open: Open = async (instance, starting) => {
    opened.push(instance);
    if (starting) await untilItListens(instance.rest, startsWithinMs);
    return { instance, state: await askState(instance.rest, ourFolder.id) };
  };
  try {
    const laptop = await laptopHome(context, inventory, options, open);
    const asked = await eachNode(
      nodes.map((home) => ({ name: home.node.name, home })),
      async ({ name, home }) => {
        lines.update(name, "asking Syncthing who it is");
        return nodeHome(context, inventory, home, options, open);
      },
    );
    const heard = [...(laptop === undefined ? [] : [laptop]), ...asked];
    const { ids, twins, known } = await toldApart(context, inventory, homesOf(heard), options);
    const outcomes = heard.map((outcome) => withoutTwin(outcome, twins));
    const homes = homesOf(outcomes);
    const family = familyOf(inventory, ids, { laptop: inventory.laptop.engine !== false, known });
    const plans = new Map(
      homes.map((home) => {
        const plan = planInstance(home.state, wishOf(home, family), home.instance.paired);
        return [home.name, { plan, ...planRules(home, plan) }];
      }),
    );
    const planOf = (name: string): Planned => plans.get(name) as Planned;
    lines.finish();
    for (const home of homes) show(context, home, planOf(home.name), options);
    const todo = homes.filter(({ name }) => changesOf(planOf(name)).length > 0);
    const allowed = todo.length > 0 && !options.dryRun && (await confirmed(context, todo, options));
    const work = async ({
      outcome,
    }: {
      readonly outcome: (typeof outcomes)[number];
    }): Promise<HomePairing> => {
      if (!outcome.ok) throw outcome.error;
      const name = outcome.node;
      const home = outcome.value;
      if (home === undefined) {
        return { result: name === "laptop" ? "away" : "later", changes: [], findings: [] };
      }
      const { plan, rules } = planOf(name);
      const { findings } = plan;
      const changes = changesOf(planOf(name));
      if (changes.length === 0) return { result: "unchanged", changes, findings };
      if (!allowed) return { result: "planned", changes, findings };
      if (rules !== undefined) await changeLaptopRules(context, inventory, { home, rules, nodes });
      await applyTo(home, plan);
      return { result: "paired", changes, findings };
    };
    const all = outcomes.map((outcome) => ({ name: outcome.node, outcome }));
    // First the laptop: while its rules change, nothing else is to happen to the others.
    const [first, others] = [all.filter(isLaptop), all.filter((each) => !isLaptop(each))];
    return [...(await eachNode(first, work)), ...(await eachNode(others, work))];
  } finally {
    for (const instance of opened) instance[Symbol.dispose]();
  }
}

interface Planned {
  readonly plan: InstancePlan;
  readonly rules: LaptopRules | undefined;
  readonly notes: readonly string[];
}

/** Where somebody's own folder has the tree, its rules are theirs. */
function planRules({ rules }: Home, { findings }: InstancePlan): Pick<Planned, "rules" | "notes"> {
  if (findings.some(({ kind }) => kind === "same-place")) return { rules: undefined, notes: [] };
  return typeof rules === "string" ? { rules: undefined, notes: [rules] } : { rules, notes: [] };
}

function changesOf({ plan, rules }: Planned): PairingChange[] {
  if (rules === undefined) return [...plan.changes];
  const { path, diff } = rules;
  return [
    { what: `change ${path}`, why: "what Syncthing leaves out, from the inventory's ignore list", diff },
    ...plan.changes,
  ];
}

function isLaptop({ name }: { readonly name: string }): boolean {
  return name === "laptop";
}

/** An emulated guest took 40 s from its start to its first answer. */
const startsWithinMs = 4 * 60_000;

async function applyTo(home: Home, plan: InstancePlan): Promise<void> {
  // First of all: what is refused has changed nothing.
  if (plan.changes.some(({ needsMarker }) => needsMarker === true))
    await home.guard(plan.changes.some(makesFolder) ? "none" : "kept");
  const { restartNeeded } = await applyPlan(home.instance, plan, { ensureMarker: home.ensureMarker });
  if (!restartNeeded || home.restart === undefined) return;
  await home.restart();
  await untilItListens(home.instance.rest, startsWithinMs);
}

function makesFolder({ method, path }: Change): boolean {
  return method === "POST" && path === "/rest/config/folders";
}

function homesOf(outcomes: readonly Outcome<Home | undefined>[]): Home[] {
  return outcomes.flatMap((outcome) => (outcome.ok && outcome.value ? [outcome.value] : []));
}

/** Keeps who is who for the next time, unless this is only a look. */
async function toldApart(
  { stateFolder }: Context,
  { nodes, peers }: Inventory,
  homes: readonly Home[],
  { dryRun }: PairOptions,
): Promise<WhoIsWho & Pick<KnownDevices, "known">> {
  const before = await readKnownDevices(stateFolder);
  const members = nodes.filter(({ engine }) => engine === "syncthing").map(({ name }) => name);
  const heard = homes.map(({ name, state: { self } }) => ({ name, self }));
  const told = whoIsWho(heard, before.devices, new Set(["laptop", ...members]));
  const known = [...new Set([...before.known, ...Object.values(told.record), ...Object.values(peers)])];
  const after = { devices: told.record, known };
  if (!dryRun && JSON.stringify(after) !== JSON.stringify(before))
    await writeKnownDevices(stateFolder, after);
  return { ...told, known };
}

/** Neither of two homes with the same keys is paired with anybody; the others are. */
function withoutTwin(
  outcome: Outcome<Home | undefined>,
  twins: WhoIsWho["twins"],
): Outcome<Home | undefined> {
  const twin = twins.get(outcome.node);
  if (!outcome.ok || outcome.value === undefined || twin === undefined) return outcome;
  return { node: outcome.node, ok: false, error: twinError(outcome.value, twin) };
}

function show(context: Context, { name, instance }: Home, planned: Planned, options: PairOptions): void {
  if (options.json) return;
  const changes = changesOf(planned);
  const notes = [
    ...planned.notes,
    ...planned.plan.findings.map(({ text }) => text),
    ...(instance.pairedProblem ? [instance.pairedProblem] : []),
  ];
  if (changes.length === 0 && notes.length === 0) return;
  context.out(`${renderPlanLines(pairingLines(name, changes, notes), context.terminal)}\n`);
}

async function confirmed(
  context: Context,
  todo: readonly { readonly name: string }[],
  { yes }: PairOptions,
): Promise<boolean> {
  if (yes) return true;
  return context.prompt.confirm(`Pair ${todo.map(({ name }) => name).join(", ")} so?`, {
    flag: "--yes applies without asking, --dry-run only shows",
  });
}
