import { valueOf } from "../core/answer.ts";
import { sh } from "../core/shell.ts";
import type { Facts } from "../facts/facts.ts";
import { sdSwapFiles } from "../facts/sd-swap-files.ts";
import type { Node } from "../inventory/inventory.ts";
import { planAutomounters } from "./automounters.ts";
import { planFile, planFolder, type DesiredFile, type DesiredFolder } from "./desired.ts";
import type { PresentDisk } from "../facts/disk-of.ts";
import type { Inspection } from "./inspection.ts";
import type { Change, Notice, Plan, Resource, Step } from "./step.ts";
import { planSwapFile } from "./swap-file.ts";
import type { SwapPolicy } from "./swap-policy.ts";

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
}

export interface PlanInput {
  readonly node: Node;
  readonly facts: Facts;
  readonly about: string;
  readonly disk: PresentDisk;
  readonly inspection: Inspection;
  readonly desired: Desired;
  readonly policy: SwapPolicy;
  /** Undefined: all. */
  readonly only: readonly Resource[] | undefined;
  /** The engine is installed, not running, and nothing speaks against starting it. */
  readonly startEngine: boolean;
  /** A second part has to follow; why. */
  readonly continues: string | undefined;
}

/** Desired and found → the list of steps. Planning again with what these steps lead to gives only `keep`. */
export function planNode(input: PlanInput): Plan {
  const { node, inspection, desired, only } = input;
  const wanted = (steps: readonly (Step | undefined)[]): Step[] =>
    steps
      .filter((step) => step !== undefined)
      .filter((step) => only === undefined || only.includes(step.resource));
  const system = wanted([
    ...planAutomounters(node, input.disk, inspection).filter((step) => !step.what.startsWith("unmount")),
    ...neededFolders(desired.systemFolders, desired.systemFiles, inspection, only),
    ...desired.systemFiles.map((file) => planFile(file, inspection)),
  ]);
  const mounting = wanted([
    ...planBareFolder(node, inspection),
    ...planAutomounters(node, input.disk, inspection).filter((step) => step.what.startsWith("unmount")),
    planMount(node, input.disk, desired.units.mount),
  ]);
  const onDisk =
    inspection.disk?.kind === "unseen"
      ? []
      : wanted([
          ...desired.diskFolders.map((folder) => planFolder(folder, inspection)),
          ...desired.diskFiles.map((file) => planFile(file, inspection)),
          ...planSwapFile(node, inspection),
        ]);
  const running = wanted([
    ...planSwapUnits(input),
    ...(input.startEngine && desired.units.engine !== undefined ? [startEngine(desired.units.engine)] : []),
  ]);
  return {
    node: node.name,
    about: input.about,
    steps: [
      ...wanted(planSwapStop(input)),
      ...system,
      ...reloadIfNeeded(system),
      ...mounting,
      ...onDisk,
      ...running,
    ],
    notices: notices(input),
    continues: input.continues,
    cutOff: inspection.runs.some((run) => run.state === "open"),
  };
}

/** Folders of a file that is not wanted (`--only`) or not there to stay are not made. */
function neededFolders(
  folders: readonly DesiredFolder[],
  files: readonly DesiredFile[],
  inspection: Inspection,
  only: readonly Resource[] | undefined,
): Step[] {
  const kept = files.filter(
    (file) => file.text !== undefined && (only === undefined || only.includes(file.resource)),
  );
  return folders
    .filter(({ path }) => kept.some((file) => file.path.startsWith(`${path}/`)))
    .map((folder) => planFolder(folder, inspection))
    .filter((step) => step.kind === "change");
}

function reloadIfNeeded(steps: readonly Step[]): Change[] {
  const first = steps.find((step): step is Change => step.kind === "change" && step.needsReload === true);
  if (first === undefined) return [];
  return [
    {
      kind: "change",
      resource: first.resource,
      what: "reload systemd and udev",
      why: "units or rules have changed",
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
        why: "by our own unit, and looked at again before anything is written to it",
        call: sh`mount_disk ${unit}`,
      }
    : { kind: "keep", resource: "mount", what: node.disk.mount, why: `${disk.device} is mounted there` };
}

/** Before the limits go that keep the others out of it, the disk's swap goes. */
function planSwapStop({ node, facts, desired, policy }: PlanInput): Step[] {
  const inUse = valueOf(facts.swaps)?.some(
    (swap) => swap.path.startsWith(`${node.disk.mount}/`) && !swap.gone,
  );
  if (policy.kind === "isolated" || policy.kind === "shared" || inUse !== true) return [];
  return [
    {
      kind: "change",
      resource: "swap",
      what: `stop ${desired.units.swap}`,
      why: "the disk's swap is in use and is not to be any more",
      call: sh`stop_unit ${desired.units.swap}`,
    },
  ];
}

function planSwapUnits({ desired, policy, inspection }: PlanInput): Step[] {
  const state = (unit: string): { enabled: string; active: string } =>
    inspection.units.get(unit) ?? { enabled: "", active: "" };
  const steps: Step[] = [];
  if (policy.kind === "isolated" || policy.kind === "shared") {
    if (inspection.panicSeconds === 0) {
      steps.push({
        kind: "change",
        resource: "swap",
        what: "set kernel.panic to 10",
        why: "a machine that has panicked comes back by itself",
        call: sh`kernel_value panic 10`,
      });
    }
    if (policy.kind === "isolated" && state(desired.units.noswap).enabled !== "enabled") {
      steps.push({
        kind: "change",
        resource: "swap",
        what: `enable ${desired.units.noswap}`,
        why: "PID 1 has to start afresh once per boot before the disk's swap may go on",
        call: sh`enable_unit ${desired.units.noswap}`,
      });
    }
    if (state(desired.units.swap).active !== "active") {
      steps.push({
        kind: "change",
        resource: "swap",
        what: `start ${desired.units.swap}`,
        why: "it switches the swap on once nobody but the engine and the player can use it",
        call: sh`start_unit ${desired.units.swap}`,
      });
    }
  }
  return steps;
}

function startEngine(unit: string): Change {
  return {
    kind: "change",
    resource: "engine",
    what: `start ${unit}`,
    why: "the right disk is mounted and it is not running",
    call: sh`start_unit ${unit}`,
  };
}

function notices({ facts, node, policy, inspection, desired }: PlanInput): Notice[] {
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
  if (policy.kind === "off") {
    list.push({
      message: `the disk's swap stays off: ${policy.why}`,
      ...(policy.hint === undefined ? {} : { hint: policy.hint }),
    });
  }
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
  if (desired.units.engine !== undefined && !engineInstalled(facts, desired.units.engine)) {
    list.push({ message: `${desired.units.engine} is not installed; its guard waits for it` });
  }
  if (inspection.runs.some((run) => run.state === "open")) {
    list.push({ message: "an earlier provision was cut off; this one finishes it" });
  }
  return list;
}

export function engineInstalled(facts: Facts, unit: string): boolean {
  return valueOf(facts.units)?.some((found) => found.unit === unit && found.loadState === "loaded") === true;
}
