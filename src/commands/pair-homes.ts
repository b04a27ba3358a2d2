import { createHash } from "node:crypto";
import { PimeshError } from "../core/error.ts";
import type { Outcome } from "../core/outcome.ts";
import { sh } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import { eachNode } from "../fleet/each-node.ts";
import { readDeviceIds, writeDeviceIds } from "../history/device-ids.ts";
import { treePath, type Inventory, type Node } from "../inventory/inventory.ts";
import type { Place } from "../provision/apply.ts";
import { guardMassChange } from "../provision/mass-change.ts";
import { liveLines } from "../render/live.ts";
import { renderPlanLines } from "../render/plan.ts";
import { pairingLines, type HomePairing } from "../report/pairing.ts";
import type { Connection } from "../ssh/connection.ts";
import { applyPlan } from "../syncthing/apply-plan.ts";
import { familyOf, wishOf, type HomeFacts } from "../syncthing/homes.ts";
import type { Instance } from "../syncthing/instance.ts";
import { askState } from "../syncthing/instance-state.ts";
import { laptopInstance } from "../syncthing/laptop-instance.ts";
import { makeLaptopMarker } from "../syncthing/laptop-marker.ts";
import { nodeInstance } from "../syncthing/node-instance.ts";
import { makeNodeMarker } from "../syncthing/node-marker.ts";
import { syncthingHome } from "../syncthing/our-folder.ts";
import { planInstance, type InstancePlan, type InstanceState } from "../syncthing/plan-instance.ts";
import { untilItListens } from "../syncthing/until-it-listens.ts";
import { countNode } from "../tree/count-node.ts";
import { fileSystemOf } from "../tree/file-system.ts";
import { guardLaptopTree } from "../tree/laptop-guard.ts";
import { nodeTree } from "../tree/node-tree.ts";
import type { Context } from "./context.ts";

/** A node that has been provisioned, and whose Syncthing is ours. */
export interface NodeHome {
  readonly node: Node;
  readonly connection: Connection;
  readonly place: Place;
  /** The user that the engine runs as. */
  readonly user: string;
  /** Bytes, where the node tells. */
  readonly memoryTotal: number | undefined;
  /** What its tree held at the last look. */
  readonly held: { readonly files: number; readonly bytes: number } | undefined;
}

export interface PairOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly yes: boolean;
  readonly acceptMassChange: boolean;
}

/** One home while it is being paired. */
interface Home extends HomeFacts {
  readonly instance: Instance;
  readonly state: InstanceState;
  /** Looks whether the right disk is there with its files, and makes the marker. */
  readonly ensureMarker: () => Promise<void>;
  /** Where its keys lie, for people. */
  readonly keys: string;
  /** Undefined: it is not ours to restart. */
  readonly restart: (() => Promise<void>) | undefined;
}

/** `starting`: it is on its way, and is waited for. */
type Open = (
  instance: Instance,
  starting: boolean,
) => Promise<{ readonly instance: Instance; readonly state: InstanceState }>;

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
    return { instance, state: await askState(instance.rest) };
  };
  try {
    const laptop = await laptopHome(context, inventory, open);
    const asked = await eachNode(
      nodes.map((home) => ({ name: home.node.name, home })),
      async ({ name, home }) => {
        lines.update(name, "asking Syncthing who it is");
        return nodeHome(context, inventory, home, options, open);
      },
    );
    const outcomes: Outcome<Home | undefined>[] = [...(laptop === undefined ? [] : [laptop]), ...asked];
    const homes = outcomes.flatMap((outcome) => (outcome.ok && outcome.value ? [outcome.value] : []));
    const ids = await idsOf(context, homes, options.dryRun);
    const family = familyOf(inventory, ids, inventory.laptop.engine !== false);
    const plans = new Map(
      homes.map((home) => [home.name, planInstance(home.state, wishOf(home, family), home.instance.paired)]),
    );
    lines.finish();
    for (const home of homes) show(context, home, plans.get(home.name) as InstancePlan, options);
    const todo = homes.filter(({ name }) => plans.get(name)?.changes.length !== 0);
    const allowed = todo.length > 0 && !options.dryRun && (await confirmed(context, todo, options));
    const names = outcomes.map((outcome) => ({ name: outcome.node, outcome }));
    return await eachNode(names, async ({ name, outcome }): Promise<HomePairing> => {
      if (!outcome.ok) throw outcome.error;
      const home = outcome.value;
      if (home === undefined) {
        return { result: name === "laptop" ? "away" : "later", changes: [], findings: [] };
      }
      const plan = plans.get(name) as InstancePlan;
      const { changes, findings } = plan;
      if (changes.length === 0) return { result: "unchanged", changes, findings };
      if (!allowed) return { result: "planned", changes, findings };
      await applyTo(home, plan);
      return { result: "paired", changes, findings };
    });
  } finally {
    for (const instance of opened) instance[Symbol.dispose]();
  }
}

/** An emulated guest took 40 s from its start to its first answer. */
const startsWithinMs = 4 * 60_000;

async function applyTo(home: Home, plan: InstancePlan): Promise<void> {
  const { restartNeeded } = await applyPlan(home.instance, plan, { ensureMarker: home.ensureMarker });
  if (!restartNeeded || home.restart === undefined) return;
  await home.restart();
  await untilItListens(home.instance.rest, startsWithinMs);
}

/** Undefined: it has no keys yet, as before the first apply. Errors: those of the instance, and E-DISK-WRONG. */
async function nodeHome(
  context: Context,
  inventory: Inventory,
  { node, connection, place, user, memoryTotal, held }: NodeHome,
  options: PairOptions,
  open: Open,
): Promise<Home | undefined> {
  const unit = engines.syncthing.unit(user);
  const instance = await nodeInstance(connection, {
    home: syncthingHome(node),
    downHint: `ssh ${node.name} systemctl status ${unit}`,
    signal: context.signal,
  });
  if (instance === undefined) return undefined;
  const tree = treePath(node);
  return {
    ...(await open(instance, !options.dryRun && (await isStarted(connection, unit)))),
    name: node.name,
    whose: "ours",
    tree,
    uuid: place.uuid,
    fileSystem: "ext4",
    memoryTotal,
    keys: syncthingHome(node),
    rates: { up: node.engineSettings.upload ?? 0, down: node.engineSettings.download ?? 0 },
    async ensureMarker() {
      await rightDisk(connection, place);
      if (held !== undefined && !options.acceptMassChange) {
        const from = nodeTree(connection, node, { ignore: inventory.ignore, signal: context.signal });
        guardMassChange(node.name, held, await countNode(from));
      }
      await makeNodeMarker(connection, { tree, marker: `.stfolder/pimesh-${place.uuid}` });
    },
    async restart() {
      const { code, stderr } = await connection.run(sh`systemctl restart ${unit}`, { as: "root" });
      if (code === 0) return;
      throw new PimeshError("E-COMMAND-FAILED", `cannot restart ${unit}: ${stderr.toString().trim()}`, {
        node: node.name,
        hint: `ssh ${node.name} systemctl status ${unit}`,
      });
    },
  };
}

/** What its guard or the swap's gate holds back need not be waited for. */
async function isStarted(connection: Connection, unit: string): Promise<boolean> {
  const { stdout } = await connection.run(sh`systemctl is-active ${unit}`);
  return /^(?:active|activating)$/m.test(stdout.toString());
}

/** By the node's own guard, which the engine's start asks too. */
async function rightDisk(connection: Connection, { profile, mount }: Place): Promise<void> {
  const { code, stdout, stderr } = await connection.run(sh`exec "$root"${profile.libFolder}/disk-guard`, {
    as: "root",
  });
  if (code === 0) return;
  const why = `${stdout.toString()}${stderr.toString()}`.trim().split("\n")[0] ?? "";
  throw new PimeshError("E-DISK-NOT-MOUNTED", `the right disk is not at ${mount}: ${why}`, {
    node: connection.node,
    hint: `pimesh status ${connection.node}`,
  });
}

/** Undefined: the laptop takes no part. One that is not started is only missed where the inventory says that it has a Syncthing. */
async function laptopHome(
  context: Context,
  { laptop }: Inventory,
  open: Open,
): Promise<Outcome<Home | undefined> | undefined> {
  if (laptop.engine === false) return undefined;
  const { env, home, stateFolder, signal } = context;
  const asked = async (): Promise<Home | undefined> => {
    const instance = await laptopInstance({ env, home, platform: process.platform, stateFolder, signal });
    if (instance === undefined) {
      if (laptop.engine === undefined) return undefined;
      throw new PimeshError("E-ENGINE-ABSENT", "no Syncthing was ever set up on this machine", {
        node: "laptop",
        hint: "start it once: syncthing, or take `engine` out of `laptop` in the inventory",
      });
    }
    const { tree } = laptop;
    await guardLaptopTree({ stateFolder, laptop, on: "check" });
    const found = await fileSystemOf(tree);
    const uuid = found?.uuid ?? shortHash(`${found?.type ?? ""} ${found?.mountPoint ?? ""}`);
    return {
      ...(await open(instance, false)),
      name: "laptop",
      whose: "theirs",
      tree,
      uuid,
      fileSystem: found?.type ?? "unknown",
      memoryTotal: undefined,
      keys: "its Syncthing's folder",
      rates: { up: undefined, down: undefined },
      async ensureMarker() {
        await guardLaptopTree({ stateFolder, laptop, on: "check" });
        await makeLaptopMarker({ tree, marker: `.stfolder/pimesh-${uuid}` });
      },
      restart: undefined,
    };
  };
  try {
    const value = await asked();
    return value === undefined ? undefined : { node: "laptop", ok: true, value };
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    if (error.code === "E-ENGINE-DOWN" && laptop.engine === undefined) {
      return { node: "laptop", ok: true, value: undefined };
    }
    return { node: "laptop", ok: false, error };
  }
}

/** Whoever answered now, and whoever did earlier. Two homes with the same keys are a copied disk. */
async function idsOf(
  context: Context,
  homes: readonly Home[],
  dryRun: boolean,
): Promise<Readonly<Record<string, string>>> {
  const before = await readDeviceIds(context.stateFolder);
  const now: Record<string, string> = {};
  for (const { name, state, keys } of homes) {
    const [twin] = Object.entries(now).find(([, id]) => id === state.self) ?? [];
    if (twin !== undefined) {
      throw new PimeshError(
        "E-DISK-WRONG",
        `its Syncthing has the same keys as that of ${twin}: one of the two disks is a copy of the other`,
        {
          node: name,
          hint: `give one of them keys of its own: stop its engine, move ${keys} away, pimesh provision ${name}`,
        },
      );
    }
    now[name] = state.self;
  }
  const ids = { ...before, ...now };
  if (!dryRun && JSON.stringify(ids) !== JSON.stringify(before))
    await writeDeviceIds(context.stateFolder, ids);
  return ids;
}

function show(
  context: Context,
  { name, instance }: Home,
  { changes, findings }: InstancePlan,
  options: PairOptions,
): void {
  if (options.json) return;
  const notes = [
    ...findings.map(({ text }) => text),
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

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
