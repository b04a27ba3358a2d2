import { valueOf } from "../core/answer.ts";
import { sh, type Command } from "../core/shell.ts";
import type { Facts } from "../facts/facts.ts";
import { sdSwapFiles } from "../facts/sd-swap-files.ts";
import { isInstalled, unitOf } from "../facts/unit-of.ts";
import type { Node } from "../inventory/inventory.ts";
import { planOthers, planSafeMount, planUdevil, planUnmounts } from "./automounters.ts";
import { planFile, planFolder, type DesiredFile, type DesiredFolder } from "./desired.ts";
import type { PresentDisk } from "../facts/disk-of.ts";
import type { Inspection } from "./inspection.ts";
import type { Change, Notice, Plan, Resource, Step } from "./step.ts";
import { planSwapFile, swapFilePlace } from "./swap-file.ts";
import { planDphys, planForeignAreas, swapNotices } from "./swap-owners.ts";
import type { SizedNode } from "./swap-size.ts";
import type { SwapPolicy } from "./swap-policy.ts";
import type { SyncthingSteps } from "./syncthing-engine.ts";
import { planInitScripts } from "./sysvinit.ts";
import { indexNotices, planIndex, planIndexStop, type IndexWay } from "./tree-index.ts";

/** What a node is to have, before it is compared with what it has. */
export interface Desired {
  /** On the node's own system, in the order in which they are written. */
  readonly systemFolders: readonly DesiredFolder[];
  readonly systemFiles: readonly DesiredFile[];
  /** On the disk. */
  readonly diskFolders: readonly DesiredFolder[];
  readonly diskFiles: readonly DesiredFile[];
  readonly units: Units;
}

export interface Units {
  readonly mount: string;
  readonly swap: string;
  readonly noswap: string;
  readonly engine: string | undefined;
  /** Undefined without systemd: cron needs no telling. */
  readonly index: string | undefined;
}

export interface PlanInput {
  readonly node: SizedNode;
  readonly facts: Facts;
  readonly about: string;
  readonly disk: PresentDisk;
  readonly inspection: Inspection;
  readonly desired: Desired;
  readonly policy: SwapPolicy;
  /** What the node makes the index of its tree with. */
  readonly way: IndexWay | undefined;
  /** The inventory says `swap: false`, so ours goes. */
  readonly swapRefused: boolean;
  /** The change of the kernel's command line that was allowed. */
  readonly boot: readonly Step[];
  /** What was found out before the plan. */
  readonly notices: readonly Notice[];
  /** Undefined: all. */
  readonly only: readonly Resource[] | undefined;
  /** Bytes, of the node's kernel. */
  readonly pageSize: number;
  readonly syncthing: SyncthingSteps;
  /** The engine is installed, not running, and nothing speaks against starting it. */
  readonly startEngine: boolean;
  /** A second part has to follow; why. */
  readonly continues: string | undefined;
  /** Of btsync and Resilio. */
  readonly keyEngine?: {
    /** First of all. */
    readonly stop: readonly Step[];
    /** Undefined: nothing is uploaded. */
    readonly program: Step | undefined;
    readonly programPath: string;
    /** The plan itself brings what starts the engine. */
    readonly brings: boolean;
  };
}

/** Desired and found → the list of steps. Planning again with what these steps lead to gives only `keep`. */
export function planNode(input: PlanInput): Plan {
  const { node, inspection, desired, only } = input;
  const wanted = (steps: readonly (Step | undefined)[]): Step[] =>
    steps
      .filter((step) => step !== undefined)
      .filter((step) => only === undefined || only.includes(step.resource));
  const { keyEngine } = input;
  const program: { resource: Resource; path: string; text: string }[] =
    keyEngine?.program === undefined ? [] : [{ resource: "engine", path: keyEngine.programPath, text: "" }];
  const system = [
    ...wanted([
      ...input.syncthing.first,
      ...(keyEngine?.stop ?? []),
      ...planDisable(input),
      ...planIndexStop({ ...input, units: desired.units }),
      ...planDphys(node, inspection),
      ...planOthers(node, input.disk, inspection),
      ...planUdevil(
        input.facts,
        desired.systemFiles.find(({ path }) => path.includes("/udevil-mount@"))?.path,
      ),
    ]),
    ...neededFolders(desired.systemFolders, [...desired.systemFiles, ...program], inspection, only),
    ...wanted([keyEngine?.program]),
    ...wanted(desired.systemFiles.map((file) => planFile(file, inspection))),
    ...wanted(planInitScripts(input.facts, desired.units)),
  ];
  const mounting = wanted([
    ...planBareFolder(node, inspection),
    ...planUnmounts(node, input.disk),
    planMount(node, input.disk, desired.units.mount),
    ...planSafeMount(node, input.disk),
  ]);
  // What lies on a disk that nobody has seen is the second part's
  const unseen = inspection.disk?.kind === "unseen";
  const swapFile = planSwapFile(node, inspection, input.pageSize, input.swapRefused);
  const onDisk = unseen
    ? []
    : [
        ...neededFolders(desired.diskFolders, desired.diskFiles, inspection, only, "all"),
        ...wanted(desired.diskFiles.map((file) => planFile(file, inspection))),
        ...wanted(swapFile),
      ];
  const swapChanges = [...system, ...onDisk].some(
    (step) => step.kind === "change" && step.resource === "swap",
  );
  const running = unseen
    ? []
    : wanted([
        ...planSwapUnits(input, swapChanges),
        ...input.syncthing.before,
        ...(input.startEngine && desired.units.engine !== undefined
          ? [startEngine(desired.units.engine, (keyEngine?.stop.length ?? 0) > 0)]
          : []),
        ...planIndex({ ...input, units: desired.units }, system),
      ]);
  return {
    node: node.name,
    about: input.about,
    steps: [
      ...wanted([...planForeignAreas(node, input.facts), ...planSwapStop(input, swapFile)]),
      ...system,
      ...reloadIfNeeded(system, desired.units),
      ...mounting,
      ...onDisk,
      ...running,
      // Last: whatever else fails, the boot partition has not been touched
      ...(unseen ? [] : wanted(input.boot)),
    ],
    notices: [...input.notices, ...notices(input)],
    continues: input.continues,
    cutOff: inspection.runs.some((run) => run.state === "open"),
  };
}

/**
 * The folders above what is wanted, whosever they are, and with `all` also those that are wanted for themselves. Folders of
 * the system that are there already are not worth a line.
 */
function neededFolders(
  folders: readonly DesiredFolder[],
  files: readonly Pick<DesiredFile, "resource" | "path" | "text">[],
  inspection: Inspection,
  only: readonly Resource[] | undefined,
  which: "above" | "all" = "above",
): Step[] {
  const isWanted = (thing: { readonly resource: Resource }): boolean =>
    only === undefined || only.includes(thing.resource);
  const own = which === "all" ? folders.filter(isWanted) : [];
  const kept = [...files.filter((file) => file.text !== undefined && isWanted(file)), ...own];
  return folders
    .filter(
      (folder) => own.includes(folder) || kept.some((thing) => thing.path.startsWith(`${folder.path}/`)),
    )
    .map((folder) => planFolder(folder, inspection))
    .filter((step) => which === "all" || step.kind === "change");
}

function reloadIfNeeded(steps: readonly Step[], units: Units): Change[] {
  const first = steps.find((step): step is Change => step.kind === "change" && step.needsReload === true);
  if (first === undefined) return [];
  return [
    {
      kind: "change",
      resource: first.resource,
      what: units.mount.endsWith(".mount") ? "reload systemd and udev" : "reload udev",
      why: units.mount.endsWith(".mount") ? "units or rules have changed" : "rules have changed",
      call: sh`reload`,
    },
  ];
}

function planBareFolder(node: Node, inspection: Inspection): Step[] {
  const { mount } = node.disk;
  const moved: Step[] =
    inspection.hidden.count === 0
      ? []
      : [
          {
            kind: "change",
            resource: "mount",
            what: `move aside ${inspection.hidden.count} files or folders that lie under ${mount}`,
            why: "they are hidden by the disk and fill the SD card; they stay on it, in pimesh-hidden-… beside the mount point",
            call: sh`move_hidden`,
          },
        ];
  const locked =
    inspection.under === "immutable" || (inspection.bare?.mode === "000" && inspection.bare.owner === "0:0");
  if (locked && moved.length === 0) {
    return [
      {
        kind: "keep",
        resource: "mount",
        what: `the bare folder ${mount}`,
        why: "nothing can be written to it",
      },
    ];
  }
  if (inspection.under === "unknown") return [];
  return [
    ...moved,
    {
      kind: "change",
      resource: "mount",
      what: `${inspection.under === "absent" ? "make" : "lock"} the bare folder ${mount}`,
      why: "immutable, so that nothing can be written to the SD card while the disk is away",
      call: sh`bare_folder`,
    },
  ];
}

function planMount(node: Node, disk: PresentDisk, unit: string): Step {
  return disk.mounted === undefined
    ? {
        kind: "change",
        resource: "mount",
        what: `mount ${disk.device} at ${node.disk.mount}`,
        why: `by our own ${unit.endsWith(".mount") ? "unit" : "script"}, and looked at again before anything is written to it`,
        call: sh`mount_disk ${unit}`,
      }
    : { kind: "keep", resource: "mount", what: node.disk.mount, why: `${disk.device} is mounted there` };
}

/** A unit that goes is switched off first, so that no link to it stays behind. */
function planDisable({ desired, policy, inspection }: PlanInput): Step[] {
  const { noswap } = desired.units;
  if (policy.kind === "isolated" || inspection.units.get(noswap)?.enabled !== "enabled") return [];
  return [
    {
      kind: "change",
      resource: "swap",
      what: `disable ${noswap}`,
      why: "the swap is not isolated any more",
      call: sh`disable_unit ${noswap}`,
    },
  ];
}

/** Before the limits go that keep the others out of the disk's swap, or its file is made anew, it goes off. */
function planSwapStop(
  { facts, node, desired, policy, inspection }: PlanInput,
  swapFile: readonly Step[],
): Step[] {
  const used = policy.kind === "isolated" || policy.kind === "shared";
  const renewed = swapFile.some((step) => step.kind === "change");
  if (!swapIsOn(facts, node) || (used && !renewed)) return [];
  const why = used ? "the swap file is made anew" : "the disk's swap is in use and is not to be any more";
  // Somebody else may have switched our file on, before our unit was ever there
  if (inspection.units.get(desired.units.swap)?.active !== "active") {
    const path = swapFilePlace(node);
    return [swapStep(`switch off the swap ${path}`, why, sh`swap_off ${path}`)];
  }
  return [swapStep(`stop ${desired.units.swap}`, why, sh`stop_swap ${desired.units.swap}`)];
}

function swapIsOn(facts: Facts, node: Node): boolean {
  return valueOf(facts.swaps)?.some((swap) => swap.path === swapFilePlace(node) && !swap.gone) === true;
}

function planSwapUnits(
  { node, facts, desired, policy, inspection }: PlanInput,
  swapChanges: boolean,
): Step[] {
  const { swap, noswap } = desired.units;
  const enabled = inspection.units.get(noswap)?.enabled === "enabled";
  if (policy.kind !== "isolated" && policy.kind !== "shared") return [];
  const steps: Step[] = [];
  if (inspection.panicSeconds === 0) {
    steps.push(
      swapStep(
        "set kernel.panic to 10",
        "a machine that has panicked comes back by itself",
        sh`kernel_value panic 10`,
      ),
    );
  }
  if (policy.kind === "isolated" && !enabled) {
    const why = "PID 1 has to start afresh once per boot before the disk's swap may go on";
    steps.push(swapStep(`enable ${noswap}`, why, sh`enable_unit ${noswap}`));
  }
  const active = inspection.units.get(swap)?.active === "active";
  if (!active) {
    const why = "it switches the swap on once nobody but the engine and the player can use it";
    steps.push(swapStep(`start ${swap}`, why, sh`start_unit ${swap}`));
  } else if (swapChanges || (!swapIsOn(facts, node) && inspection.swapOff === "")) {
    steps.push(
      swapStep(
        `restart ${swap}`,
        "the swap is off although nothing speaks against it",
        sh`restart_unit ${swap}`,
      ),
    );
  }
  return steps;
}

function swapStep(what: string, why: string, call: Command): Change {
  return { kind: "change", resource: "swap", what, why, call };
}

function startEngine(unit: string, again: boolean): Change {
  return {
    kind: "change",
    resource: "engine",
    what: `start ${unit}`,
    why: again
      ? "the right disk is mounted, and it reads its new configuration"
      : "the right disk is mounted and it is not running",
    call: sh`start_unit ${unit}`,
  };
}

function notices({ facts, node, policy, inspection, desired, way, keyEngine }: PlanInput): Notice[] {
  const list: Notice[] = [];
  for (const swap of sdSwapFiles(facts, node)) {
    list.push({
      message: `a swap file on the SD card is in use: ${swap.path}; it wears the card out`,
      hint:
        swap.path === "/var/swap"
          ? `ssh ${node.name} 'sudo dphys-swapfile swapoff; sudo systemctl disable --now dphys-swapfile' and give the disk's swap a size in the inventory`
          : `ssh ${node.name} sudo swapoff ${swap.path}`,
    });
  }
  list.push(...swapNotices(node, facts, inspection));
  // For want of the memory controller alone: `bootNotice` says what to do
  if (policy.kind === "off" && policy.lacks === undefined) {
    list.push({
      message: `the disk's swap stays off: ${policy.why}`,
      ...(policy.hint === undefined ? {} : { hint: policy.hint }),
    });
  }
  if ((policy.kind === "isolated" || policy.kind === "shared") && inspection.swapOff !== "") {
    list.push({ message: `the disk's swap stays off: ${inspection.swapOff}` });
  }
  const engine = desired.units.engine;
  const runs = valueOf(facts.processes)?.some((process) => process.runs === node.engine) === true;
  const unitState = engine === undefined ? undefined : unitOf(facts, engine)?.activeState;
  // An init script knows no more of what runs than its processes do
  const byUnit = engine?.endsWith(".service") === true;
  if (byUnit && runs && unitState !== "active" && unitState !== "activating") {
    list.push({
      message: `an engine runs outside of ${engine}: it is not guarded, and runs on when the disk is away`,
      hint: `find out who starts it, and let ${engine} do so: ssh ${node.name} systemctl status "${node.engine}*"`,
    });
  }
  list.push(...indexNotices(node, { facts, inspection, units: desired.units, way }));
  if (inspection.under === "unknown") {
    list.push({
      message: `what lies under ${node.disk.mount} could not be looked at: this node has no unshare`,
    });
  }
  if (inspection.under === "open" && inspection.bare?.mode === "000") {
    list.push({
      message: `${node.disk.mount} cannot be made immutable on this file system; it is closed to everybody but root instead`,
    });
  }
  const brought = keyEngine?.brings === true;
  if (desired.units.engine !== undefined && !isInstalled(facts, desired.units.engine) && !brought) {
    list.push({ message: `${desired.units.engine} is not installed; its guard waits for it` });
  }
  if (inspection.runs.some((run) => run.state === "open")) {
    list.push({ message: "an earlier provision was cut off; this one finishes it" });
  }
  return list;
}
