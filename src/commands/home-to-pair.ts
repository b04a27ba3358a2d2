import { PimeshError } from "../core/error.ts";
import type { Outcome } from "../core/outcome.ts";
import { sh } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import { treePath, type Inventory, type Node } from "../inventory/inventory.ts";
import type { Place } from "../provision/apply.ts";
import { planLaptopRules, type LaptopRules } from "../provision/laptop-rules.ts";
import { guardMassChange, type Memory } from "../provision/mass-change.ts";
import type { Connection } from "../ssh/connection.ts";
import type { HomeFacts } from "../syncthing/homes.ts";
import type { Instance } from "../syncthing/instance.ts";
import { laptopInstance } from "../syncthing/laptop-instance.ts";
import { makeLaptopMarker } from "../syncthing/laptop-marker.ts";
import { nodeInstance } from "../syncthing/node-instance.ts";
import { makeNodeMarker } from "../syncthing/node-marker.ts";
import { markerOf, syncthingHome } from "../syncthing/our-folder.ts";
import type { InstanceState } from "../syncthing/plan-instance.ts";
import { countLaptop } from "../tree/count-laptop.ts";
import { countNode } from "../tree/count-node.ts";
import { makeFilter } from "../tree/filter.ts";
import { guardLaptopTree } from "../tree/laptop-guard.ts";
import { nodeTree } from "../tree/node-tree.ts";
import type { Context } from "./context.ts";
import { laptopPlace } from "./laptop-place.ts";

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

export interface HomeOptions {
  readonly dryRun: boolean;
  readonly acceptMassChange: boolean;
}

/** One home while it is being paired. */
export interface Home extends HomeFacts {
  readonly instance: Instance;
  readonly state: InstanceState;
  /**
   * Looks whether the right disk is there with its files, before anything is changed for a marker. `memory`: `none` where the folder is
   * made, or made anew. Its database then has nothing to compare with: what is missing on the disk comes from the others.
   */
  readonly guard: (memory: "kept" | "none") => Promise<void>;
  /** Looks once more for the disk, and makes the marker. */
  readonly ensureMarker: () => Promise<void>;
  /** What is to change in its ignore file, or why that is left alone; on a node that is a step of its plan. */
  readonly rules: LaptopRules | string | undefined;
  /** Where its keys lie, for people. */
  readonly keys: string;
  /** Undefined: it is not ours to restart. */
  readonly restart: (() => Promise<void>) | undefined;
}

/** `starting`: it is on its way, and is waited for. */
export type Open = (
  instance: Instance,
  starting: boolean,
) => Promise<{ readonly instance: Instance; readonly state: InstanceState }>;

/** Undefined: it has no keys yet, as before the first apply. Errors: those of the instance, and E-DISK-WRONG. */
export async function nodeHome(
  context: Context,
  inventory: Inventory,
  { node, connection, place, user, memoryTotal, held }: NodeHome,
  options: HomeOptions,
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
  const opened = await open(instance, !options.dryRun && (await isStarted(connection, unit)));
  return {
    ...opened,
    name: node.name,
    whose: "ours",
    tree,
    uuid: place.uuid,
    fileSystem: "ext4",
    memoryTotal,
    rules: undefined,
    keys: syncthingHome(node),
    rates: { up: node.engineSettings.upload ?? 0, down: node.engineSettings.download ?? 0 },
    async guard(memory) {
      await rightDisk(connection, place);
      const memories = memory === "none" ? [] : memoriesOf(held, opened.state, options);
      if (memories.length === 0) return;
      const from = nodeTree(connection, node, { ignore: inventory.ignore, signal: context.signal });
      const now = await countNode(from);
      for (const before of memories) guardMassChange(node.name, before, now, "marker");
    },
    async ensureMarker() {
      await rightDisk(connection, place);
      await makeNodeMarker(connection, { tree, marker: markerOf(place.uuid) });
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

/** What the tree held, by all who remember it. */
function memoriesOf(
  held: NodeHome["held"],
  state: InstanceState,
  { acceptMassChange }: HomeOptions,
): Memory[] {
  if (acceptMassChange) return [];
  const { remembered } = state;
  return [
    ...(held === undefined ? [] : [{ ...held, by: "look" as const }]),
    ...(remembered === undefined ? [] : [{ ...remembered, by: "engine" as const }]),
  ];
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
export async function laptopHome(
  context: Context,
  { laptop, ignore }: Inventory,
  options: HomeOptions,
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
    const { uuid, fileSystem } = await laptopPlace(tree);
    const opened = await open(instance, false);
    return {
      ...opened,
      name: "laptop",
      whose: "theirs",
      tree,
      uuid,
      fileSystem,
      memoryTotal: undefined,
      rules: await planLaptopRules(tree, ignore),
      keys: "its Syncthing's folder",
      rates: { up: undefined, down: undefined },
      async guard(memory) {
        await guardLaptopTree({ stateFolder, laptop, on: "check" });
        // What pimesh itself last counted holds the partitions elsewhere too, of which this Syncthing knows nothing.
        const memories = memory === "none" ? [] : memoriesOf(undefined, opened.state, options);
        if (memories.length === 0) return;
        const now = await countLaptop({ tree, filter: makeFilter({ ignore }), signal });
        for (const before of memories) guardMassChange("laptop", before, now, "marker");
      },
      async ensureMarker() {
        await guardLaptopTree({ stateFolder, laptop, on: "check" });
        await makeLaptopMarker({ tree, marker: markerOf(uuid) });
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
