import { PimeshError, type ErrorCode } from "../core/error.ts";
import { sh, type Command } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { EjectLook, User } from "./eject-look.ts";
import { systemRole } from "./system-disk.ts";

export interface EjectInput {
  readonly node: Node;
  readonly look: EjectLook;
  /** UUID of the file system that is to go. */
  readonly uuid: string;
  readonly services: Services;
  /** Leave the port on and the device there: to prepare or check the disk where it is. */
  readonly keepPower: boolean;
}

/** How this node's init system calls them. */
export interface Services {
  readonly engine: string | undefined;
  /** Players that can be stopped for a moment. */
  readonly players: readonly string[];
  readonly swap: string;
  /** All that must not look failed afterwards. */
  readonly ours: readonly string[];
  /** Names of the engine's processes, for systems that do not say which service a process belongs to. */
  readonly engineProcesses: readonly string[];
}

export interface EjectPlan {
  readonly disk: string;
  readonly steps: readonly EjectStep[];
  /** Services that run again when the disk is out. */
  readonly keep: readonly string[];
}

export interface EjectStep {
  /** For a person. */
  readonly what: string;
  readonly why: string;
  /** A call of `provision/eject.sh`. */
  readonly call: Command;
}

/**
 * What has to be done before the disk may be pulled, in order. Refuses before anything is stopped where it is clear that the
 * disk cannot go. Errors: E-DISK-ABSENT, E-DISK-SYSTEM, E-DISK-BUSY.
 */
export function planEject({ node, look, uuid, services, keepPower }: EjectInput): EjectPlan {
  const { disk } = look;
  if (disk === undefined)
    throw refusal(node, "E-DISK-ABSENT", "the disk has just gone", `pimesh status ${node.name}`);
  guardSystem(node, look, disk);
  const places = placesOf(look);
  guardNested(node, look, places);
  const users = usersByOwner(look, services);
  guardUsers(node, users.others);
  const players = services.players.filter((player) => users.units.has(player));
  const ownTimers = [...users.units].filter((unit) => isOwn(unit) && unit !== services.swap);
  const partitions = new Set(look.uses.flatMap((use) => (use.kind === "swap" ? [`/dev/${use.name}`] : [])));
  const swaps = look.swaps.filter(
    ({ path }) => partitions.has(path) || places.some(({ target }) => path.startsWith(`${target}/`)),
  );
  const steps: EjectStep[] = [];
  if (services.engine !== undefined) {
    steps.push({
      what: `stop ${services.engine}`,
      why: look.running.includes(services.engine)
        ? "it works on the disk"
        : "it does not run, and must not start meanwhile",
      call: sh`stop_service ${services.engine}`,
    });
  }
  for (const unit of ownTimers) {
    steps.push({ what: `stop ${unit}`, why: "it reads the disk", call: sh`stop_service ${unit}` });
  }
  for (const player of players) {
    steps.push({
      what: `stop ${player}`,
      why: "it has files of the disk open; it runs again as soon as the disk is unmounted",
      call: sh`stop_service ${player}`,
    });
  }
  if (swaps.length > 0) {
    steps.push({
      what: `switch off the swap ${swaps.map(({ path }) => path).join(", ")}`,
      why: "what is in it goes back into memory; refused if it does not fit",
      call: sh`swap_off ${`${node.disk.mount}/swapfile`} ${services.swap} ${swaps.map(({ raw }) => raw)}`,
    });
  }
  if (places.length > 0) {
    steps.push({
      what: `unmount ${places.map(({ target }) => target).join(", ")}`,
      why: "never by force: what is still open would be lost",
      call: sh`unmount_all ${disk} ${places.map(({ raw }) => raw)}`,
    });
  }
  steps.push({
    what: "write everything out",
    why: "nothing that was written is left in memory",
    call: sh`flush_disk ${disk}`,
  });
  if (!keepPower) steps.push(powerStep(look, disk));
  steps.push({
    what: "leave no service behind that looks failed",
    why: "status would call it a failure",
    call: sh`end_eject ${uuid} ${services.ours}`,
  });
  return { disk, steps, keep: players };
}

/** Who it is that keeps the disk busy, in words, and what ends that. */
export function busyText(users: readonly User[]): string {
  return users
    .map(
      ({ pid, name, unit, path }) =>
        `${name === "" ? "a process" : name} (${unit ?? `process ${pid}`}) has ${path} open`,
    )
    .join("; ");
}

export function busyHint(node: Node, users: readonly User[]): string {
  const commands = users.map(({ pid, unit }) =>
    unit === undefined ? `sudo kill ${pid}` : `sudo systemctl stop ${unit}`,
  );
  const [first] = [...new Set(commands)];
  return first === undefined
    ? `look who it is: ssh ${node.name} sudo fuser -vm ${node.disk.mount}`
    : `end it, then eject again: ${[...new Set(commands)].map((command) => `ssh ${node.name} ${command}`).join("; ")}`;
}

function powerStep({ usb, siblings }: EjectLook, disk: string): EjectStep {
  if (usb && siblings.length === 0) {
    return {
      what: `detach /dev/${disk} and switch its USB port off`,
      why: "its heads are parked and nobody can mount it any more",
      call: sh`power_down ${disk} yes`,
    };
  }
  return {
    what: `detach /dev/${disk}`,
    why: usb
      ? `its USB box stays on, since other disks are in it: ${siblings.join(", ")}`
      : "it is at no USB port that could be switched off",
    call: sh`power_down ${disk} no`,
  };
}

/** Where the disk is mounted, the newest first. */
function placesOf(look: EjectLook): { target: string; raw: string }[] {
  const targets = new Set(look.uses.flatMap((use) => (use.kind === "mount" ? [use.target] : [])));
  return look.mounts.filter(({ target }) => targets.has(target)).toReversed();
}

function guardSystem(node: Node, look: EjectLook, disk: string): void {
  const role =
    look.uses
      .filter((use) => use.kind === "mount")
      .map((use) => systemRole(use))
      .find((text) => text !== undefined) ?? look.root;
  if (role !== undefined) {
    throw refusal(
      node,
      "E-DISK-SYSTEM",
      `/dev/${disk} carries the running system too: ${role}`,
      `switch the whole node off instead, then pull it: ssh ${node.name} sudo poweroff`,
    );
  }
  const held = look.uses.find((use) => use.kind === "held");
  if (held?.kind === "held") {
    throw refusal(
      node,
      "E-DISK-BUSY",
      `/dev/${held.name} is part of ${held.by} (LVM, RAID, encryption or a loop device)`,
      `close that first: ssh ${node.name} lsblk /dev/${disk}`,
    );
  }
}

/** Something of another device, mounted in a folder of the disk. */
function guardNested(node: Node, look: EjectLook, places: readonly { target: string }[]): void {
  const own = new Set(places.map(({ target }) => target));
  const nested = look.mounts.find(
    ({ target }) => !own.has(target) && places.some((place) => target.startsWith(`${place.target}/`)),
  );
  if (nested === undefined) return;
  throw refusal(
    node,
    "E-DISK-BUSY",
    `${nested.device} is mounted in a folder of the disk: ${nested.target}`,
    `ssh ${node.name} sudo umount ${nested.target}`,
  );
}

function usersByOwner(
  look: EjectLook,
  services: Services,
): { readonly units: ReadonlySet<string>; readonly others: readonly User[] } {
  const units = new Set(look.users.flatMap(({ unit }) => (unit === undefined ? [] : [unit])));
  const engineRuns = services.engine !== undefined && look.running.includes(services.engine);
  const others = look.users.filter(({ unit, name }) => {
    if (unit === undefined) return !(engineRuns && services.engineProcesses.includes(name));
    return unit !== services.engine && !services.players.includes(unit) && !isOwn(unit);
  });
  return { units, others };
}

function guardUsers(node: Node, others: readonly User[]): void {
  if (others.length === 0) return;
  throw refusal(node, "E-DISK-BUSY", `${busyText(others)}; nothing was changed`, busyHint(node, others));
}

function isOwn(unit: string): boolean {
  return unit.startsWith("pimesh-");
}

function refusal(node: Node, code: ErrorCode, message: string, hint: string): PimeshError {
  return new PimeshError(code, message, { node: node.name, hint });
}
