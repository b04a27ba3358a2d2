import { posix } from "node:path";
import { valueOf } from "../core/answer.ts";
import { formatBytes } from "../core/bytes.ts";
import { PimeshError } from "../core/error.ts";
import { bootChange } from "../facts/boot-change.ts";
import type { Facts } from "../facts/facts.ts";
import { gatherFacts } from "../facts/gather.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import { syncthingHome } from "../syncthing/our-folder.ts";
import type { Place } from "./apply.ts";
import { fstab, usbmount } from "./automounters.ts";
import { aboutNode } from "./about.ts";
import { allowedIgnoreChanges } from "./allowed-ignore-changes.ts";
import { bootNotice, planBootLine } from "./boot-line.ts";
import { askKeyEngine, keyEnginePart } from "./btsync-part.ts";
import { desiredState } from "./desired-state.ts";
import {
  guardDisk,
  guardInspection,
  guardLinks,
  guardMachine,
  guardRoom,
  guardSystemFiles,
} from "./guard.ts";
import { ignoreFilePaths } from "./ignore-change.ts";
import { initSystemOf } from "./init-library.ts";
import { inspect } from "./inspection.ts";
import { mayStartEngine, runsAlready } from "./may-start-engine.ts";
import { partsOf } from "./only.ts";
import { planNode } from "./plan.ts";
import type { Desired } from "./plan-input.ts";
import { wanted, type Known, type PrepareOptions } from "./prepare-options.ts";
import { profileOf } from "./profile.ts";
import { changes, type Notice, type Plan } from "./step.ts";
import { deadSwapNotices } from "./dead-swap.ts";
import { swapFilePlace, swapRoom } from "./swap-file.ts";
import { dphysConfig, dphysUnit } from "./swap-owners.ts";
import { decideSwap } from "./swap-policy.ts";
import {
  certificateOf,
  databasesOf,
  mayRemember,
  syncthingCase,
  syncthingDropIn,
  syncthingFolder,
  syncthingSteps,
} from "./syncthing-engine.ts";
import { heldForSwap } from "./sysvinit.ts";
import { indexWay } from "./tree-index.ts";
import { sizeSwap, type SwapSize } from "./swap-size.ts";
import { twinNotices } from "./twins.ts";

export interface Prepared {
  readonly plan: Plan;
  readonly place: Place;
  /** Bytes, where the node tells. */
  readonly memoryTotal: number | undefined;
  /** Who is logged in, and whose the engine is. */
  readonly user: string;
  /** A Syncthing of ours runs there, or is to run. */
  readonly hasSyncthing: boolean;
  /** The plan changes the ignore rules of a Syncthing of ours while it runs. */
  readonly changesRules: boolean;
}

/**
 * Asks a node everything that a plan needs, lets the guards speak, and plans. Changes nothing.
 * Errors: those of the connection, and every guard of provision.
 */
export async function prepare(
  connection: Connection,
  written: Node,
  inventory: Inventory,
  remembered: Known,
  given: PrepareOptions,
): Promise<Prepared> {
  const facts = await gatherFacts(connection, written);
  guardMachine(facts, written);
  const disk = guardDisk(facts, written);
  const size = sizeSwap(written, {
    files: remembered.files,
    memoryTotal: valueOf(facts.memory)?.total,
    made: valueOf(facts.provisioned)?.swapBytes ?? 0,
  });
  const { node } = size;
  const init = initSystemOf(facts) ?? "systemd";
  const options = { ...given, only: partsOf(given.only, node, disk, init) };
  const pageSize = valueOf(facts.pageSize) ?? 4096;
  const user = loginOf(facts, node);
  const profile = profileOf(valueOf(facts.os));
  const policy = decideSwap({
    swap: node.swap,
    engine: node.engine,
    memoryController: valueOf(facts.memoryController),
    memoryTotal: valueOf(facts.memory)?.total,
    files: remembered.files,
    node: node.name,
    canIsolate: init === "systemd",
  });
  const state = await desiredState({ node, inventory, facts, disk, profile, user, policy });
  const keyEngine = await askKeyEngine(
    connection,
    { node, facts, profile, init, unit: state.units.engine },
    wanted("engine", options) ? state.systemFolders : undefined,
  );
  const waits = policy.kind === "off" && policy.gate === true;
  const boot = policy.kind === "off" && policy.lacks === "memory-controller" ? bootChange(facts) : undefined;
  const engine = { node, facts, init, profile, user };
  const dropIn = await syncthingDropIn(engine);
  const inspection = await inspect(connection, {
    init,
    mount: node.disk.mount,
    device: disk.device,
    elsewhere: disk.elsewhere[0],
    systemPaths: [
      ...new Set([
        fstab,
        usbmount,
        dphysConfig,
        ...(boot?.kind === "change" ? [boot.path] : []),
        ...paths(state.systemFolders),
        ...paths(state.systemFiles),
        ...(node.engine === "syncthing" ? [posix.dirname(dropIn.path), dropIn.path] : []),
        ...keyEngine.systemPaths,
      ]),
    ],
    diskPaths: [
      ...new Set([
        ...diskPaths(node, state),
        ...(node.engine === "syncthing"
          ? [syncthingHome(node), certificateOf(node), ...databasesOf(node)]
          : []),
        ...keyEngine.diskPaths,
      ]),
    ],
    swapFile: swapFilePlace(node),
    pageSize,
    units: [
      state.units.noswap,
      state.units.swap,
      ...(state.units.index === undefined ? [] : [state.units.index]),
    ],
    otherUnits: [{ unit: dphysUnit, where: dphysConfig }],
    stateFolder: profile.stateFolder,
    canUnshare: valueOf(facts.tools)?.includes("unshare") === true,
  });
  guardInspection(node, disk, inspection, {
    moveHidden: options.moveHidden,
    swapMade: valueOf(facts.provisioned)?.swapBytes,
  });
  guardSystemFiles(node, inspection, [
    ...paths(state.systemFolders),
    ...paths(state.systemFiles),
    ...keyEngine.systemPaths,
  ]);
  guardLinks(node, inspection);
  guardRoom(node, wanted("swap", options) ? swapRoom(node, inspection) : 0, inspection);
  const changeBoot = boot !== undefined && options.acceptBootChange && wanted("boot", options);

  const syncthing = syncthingCase(engine, inspection);
  const known = mayRemember(syncthing, node, inspection) ? remembered : { ...remembered, held: undefined };
  const looked = { connection, node, inventory, facts, disk, known, options };
  const later: string[] = [];
  if (inspection.disk?.kind === "unseen") {
    later.push("what lies on the disk can be seen only when it is mounted");
  }
  const ignore = wanted("ignore", options)
    ? await allowedIgnoreChanges(looked, { inspection, owner: user.owner, later })
    : [];
  const held = init === "sysvinit" ? heldForSwap(node, policy, facts, inspection) : undefined;
  const keyPart = await keyEnginePart(keyEngine, { inspection, user, facts, disk });
  if (keyPart.change.kind === "later") later.push(keyPart.change.why);
  const mayStart = await mayStartEngine(looked, {
    unit: state.units.engine,
    brings: keyPart.brings,
    stops: keyPart.change.kind === "restart",
    later,
  });
  const isOurs = syncthing.kind === "ours" || syncthing.kind === "install";
  const starts = mayStart && held === undefined && !waits;
  const desired: Desired = {
    ...state,
    systemFolders: [...state.systemFolders, ...keyEngine.folders],
    systemFiles: [...state.systemFiles, ...(isOurs ? [dropIn] : []), ...keyPart.systemFiles],
    diskFolders: [
      ...state.diskFolders,
      ...(isOurs ? [syncthingFolder(node, user.owner)] : []),
      ...ignore.flatMap(({ folders }) => folders),
      ...keyPart.diskFolders,
    ],
    diskFiles: [...state.diskFiles, ...ignore.map(({ file }) => file), ...keyPart.diskFiles],
  };
  const plan = planNode({
    node,
    facts,
    about: aboutNode(facts, node, disk),
    disk,
    inspection,
    desired,
    policy,
    way: indexWay(facts),
    swapRefused: written.swap === false,
    boot: changeBoot
      ? planBootLine(node, boot, boot.kind === "change" ? inspection.files.get(boot.path) : undefined)
      : [],
    syncthing: syncthingSteps(syncthing, engine, dropIn, inspection),
    notices: [
      ...(syncthing.kind === "left-alone" ? [syncthing.notice] : []),
      ...(held === undefined || !mayStart ? [] : [held]),
      ...(known.held === remembered.held ? [] : [newDiskNotice(remembered)]),
      ...autoNotices(size),
      ...deadSwapNotices(node, facts),
      ...(boot === undefined ? [] : [bootNotice(node, boot, changeBoot, waits)]),
      ...twinNotices(node, facts),
      ...keyPart.notices(starts),
    ],
    only: options.only,
    pageSize,
    startEngine: starts,
    ...keyPart.inPlan(starts),
    continues:
      syncthing.kind === "install" && wanted("engine", options)
        ? [...later, "Syncthing has to be there before it can be set up"].join("; ")
        : disk.mounted === undefined && later.length > 0
          ? later.join("; ")
          : undefined,
  });
  return {
    plan,
    place: { profile, init, mount: node.disk.mount, uuid: disk.uuid },
    memoryTotal: valueOf(facts.memory)?.total,
    user: user.name,
    hasSyncthing: isOurs,
    changesRules:
      isOurs &&
      state.units.engine !== undefined &&
      runsAlready(facts, node, state.units.engine) &&
      changes(plan).some(({ resource }) => resource === "ignore"),
  };
}

/** For whoever remembers the old one. */
function newDiskNotice({ held }: Known): Notice {
  return {
    message: `its Syncthing knows nothing of this disk yet (${held?.files ?? 0} files at the last look): what is missing on it comes from the other homes, and nothing is deleted there`,
  };
}

/** What `swap: auto` has come to. */
function autoNotices({ node, why, hint }: SwapSize): Notice[] {
  if (why === undefined) return [];
  const size = node.swap === false ? "no swap file" : formatBytes(node.swap.bytes);
  return [{ message: `swap: auto: ${size}; ${why}`, ...(hint === undefined ? {} : { hint }) }];
}

interface Login {
  readonly name: string;
  /** `uid:gid`. */
  readonly owner: string;
}

/** Who owns what is made in the tree: the login user, which is also the engine's. */
function loginOf(facts: Facts, node: Node): Login {
  const identity = valueOf(facts.identity);
  if (identity === undefined) {
    throw new PimeshError("E-FACTS-INCOMPLETE", "it does not say who we are logged in as", {
      node: node.name,
      hint: `ssh ${node.name} id`,
    });
  }
  return { name: identity.user, owner: `${identity.uid}:${identity.gid}` };
}

function paths(things: readonly { readonly path: string }[]): string[] {
  return things.map((thing) => thing.path);
}

function diskPaths(node: Node, state: Desired): string[] {
  const extra = ignoreFilePaths(node).flatMap((path) => [path.slice(0, path.lastIndexOf("/")), path]);
  return [...new Set([...paths(state.diskFolders), ...paths(state.diskFiles), ...extra])];
}
