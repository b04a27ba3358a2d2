import { valueOf, type Answer } from "../core/answer.ts";
import { PimeshError } from "../core/error.ts";
import { diskOf, type DiskState, type PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import { mountAt, mountOver } from "../facts/mount-at.ts";
import { sdSwapFiles } from "../facts/sd-swap-files.ts";
import type { Process } from "../facts/processes.ts";
import type { SwapArea } from "../facts/swaps.ts";
import { holdsTree, type Measurement } from "../history/measurement.ts";
import type { Node } from "../inventory/inventory.ts";

/** What comes from our side of the connection. */
export interface Asked {
  /** Milliseconds since the epoch at which the node had answered. */
  readonly at: number;
  readonly address: string;
  /** Node minus laptop, in seconds; see `clockOffset`. */
  readonly clockOffset: number | undefined;
}

/** Facts as a measurement; the tree is not counted yet. Pure. */
export function measure(facts: Facts, node: Node, asked: Asked): Measurement {
  const disk = measureDisk(facts, node);
  const provisioned = valueOf(facts.provisioned);
  const throttled = valueOf(facts.throttled);
  const memory = valueOf(facts.memory);
  const load = valueOf(facts.load);
  return {
    at: asked.at,
    address: asked.address,
    os: valueOf(facts.os)?.name ?? null,
    model: valueOf(facts.model) ?? null,
    provisioned:
      provisioned === undefined
        ? null
        : { version: provisioned.version, node: provisioned.node, mount: provisioned.mount },
    provisionedError: provisionedError(facts.provisioned),
    disk: { ...disk, ...(holdsTree(disk.state) ? spaceOf(facts, node.disk.mount) : noSpace) },
    card: spaceOf(facts, "/"),
    memory: memory === undefined ? null : { bytes: memory.total, available: memory.available },
    swap: measureSwap(facts, node),
    load: load === undefined ? null : [...load],
    temperature: valueOf(facts.temperature) ?? null,
    power:
      throttled === undefined
        ? null
        : {
            underVoltage: throttled.underVoltageNow,
            throttled: throttled.throttledNow ?? null,
            underVoltageSeen: throttled.underVoltageSeen ?? null,
            throttledSeen: throttled.throttledSeen ?? null,
          },
    clock: measureClock(facts, asked.clockOffset),
    engine: measureEngine(facts, node),
    player:
      node.player === false ? null : { kind: node.player, ...running(facts, (runs) => runs === "player") },
    uptime: valueOf(facts.uptime) ?? null,
    counts: null,
  };
}

/**
 * Seconds by which the node's clock differs, given when we asked and when the answer was there (milliseconds). The node
 * looked at its clock somewhere in between, and told whole seconds: only what lies outside of that is a difference, so
 * that a slow line is never taken for a wrong clock.
 */
export function clockOffset(
  seconds: number | undefined,
  asked: number,
  answered: number,
): number | undefined {
  if (seconds === undefined) return undefined;
  const earliest = Math.floor(asked / 1000);
  const latest = Math.floor(answered / 1000);
  if (seconds < earliest) return seconds - earliest;
  return seconds > latest ? seconds - latest : 0;
}

type Disk = Omit<Measurement["disk"], keyof typeof noSpace>;

const noSpace = { bytes: null, free: null, inodes: null, inodesFree: null };

function measureDisk(facts: Facts, node: Node): Disk {
  const { mount, label } = node.disk;
  const pinnedUuid = valueOf(facts.provisioned)?.uuid ?? null;
  const base = { mount, label, pinnedUuid, device: null, uuid: null, detail: null, rivals: [] };
  const unknown = (detail: string): Disk => ({ ...base, state: "unknown", detail });
  if (facts.mounts.kind !== "value") return unknown("it could not say what is mounted");
  let disk: DiskState;
  try {
    disk = diskOf(facts, node);
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    return unknown(error.message);
  }
  if (disk.kind === "absent") return { ...base, ...strangerAt(facts, mount) };
  if (disk.kind === "present") return { ...base, ...measurePresent(disk, pinnedUuid) };
  const { pinned, devices } = disk;
  if (pinned?.mounted === undefined) {
    return { ...base, state: "ambiguous", detail: devices.join(", "), rivals: [...devices] };
  }
  const rivals = devices.filter((device) => device !== pinned.device);
  return { ...base, ...measurePresent(pinned, pinnedUuid), rivals };
}

function measurePresent(
  disk: PresentDisk,
  pinnedUuid: string | null,
): Pick<Disk, "state" | "device" | "uuid" | "detail"> {
  const { device, uuid, fstype, mounted, elsewhere } = disk;
  const found = { device, uuid, detail: null };
  if (pinnedUuid !== null && pinnedUuid.toLowerCase() !== uuid.toLowerCase())
    return { ...found, state: "wrong" };
  if (mounted === undefined) {
    const [place] = elsewhere;
    return place === undefined
      ? { ...found, state: "unmounted" }
      : { ...found, state: "elsewhere", detail: place };
  }
  if (disk.readOnly || mounted.readOnly) return { ...found, state: "read-only" };
  if (fstype !== "ext4") return { ...found, state: "not-ext4", detail: fstype ?? null };
  return { ...found, state: "ready" };
}

/** Without the node's disk: something else may be mounted in its place. */
function strangerAt(facts: Facts, mount: string): Pick<Disk, "state" | "device" | "uuid"> {
  const stranger = mountAt(facts, mount);
  if (stranger === undefined) return { state: "absent", device: null, uuid: null };
  const device = valueOf(facts.blockDevices)?.find(({ path }) => path === stranger.device);
  return { state: "wrong", device: stranger.device, uuid: device?.uuid ?? null };
}

function provisionedError(answer: Answer<unknown>): string | null {
  if (answer.kind === "failed") return answer.reason;
  return answer.kind === "empty" ? "it is empty" : null;
}

function spaceOf(facts: Facts, target: string): Measurement["card"] {
  const space = valueOf(facts.diskSpace)?.find((each) => each.target === target);
  if (space === undefined) return noSpace;
  return {
    bytes: space.bytes,
    free: space.available,
    inodes: space.inodes ?? null,
    inodesFree: space.inodesFree ?? null,
  };
}

function measureSwap(facts: Facts, node: Node): Measurement["swap"] {
  // A kernel without swap has no list of it; whoever cannot read the list does not know.
  if (facts.swaps.kind === "failed") return null;
  const onCard = sdSwapFiles(facts, node);
  const areas = (valueOf(facts.swaps) ?? []).map((area) => ({
    path: area.path,
    on: onCard.includes(area) ? ("card" as const) : mediumOf(facts, node, area),
    bytes: area.bytes,
    used: area.used,
  }));
  return {
    bytes: areas.reduce((sum, { bytes }) => sum + bytes, 0),
    used: areas.reduce((sum, { used }) => sum + used, 0),
    areas,
    isolation: valueOf(facts.memoryController) ?? null,
  };
}

function mediumOf(
  facts: Facts,
  node: Node,
  area: SwapArea,
): "disk" | "card" | "memory" | "gone" | "elsewhere" {
  if (area.gone) return "gone";
  if (area.type === "partition") {
    if (/^\/dev\/zram\d/.test(area.path)) return "memory";
    return area.path.startsWith("/dev/mmcblk") ? "card" : "elsewhere";
  }
  return mountOver(facts, area.path)?.target === node.disk.mount ? "disk" : "elsewhere";
}

function measureClock(facts: Facts, offset: number | undefined): Measurement["clock"] {
  const clock = valueOf(facts.clock);
  if (clock === undefined || offset === undefined) return null;
  return { offset, synchronised: clock.synchronised === "unknown" ? null : clock.synchronised === "yes" };
}

function measureEngine(facts: Facts, node: Node): Measurement["engine"] {
  if (node.engine === false) return null;
  const { engine } = node;
  // The engine's unit is the first that is asked for.
  const unit = valueOf(facts.units)?.[0];
  return {
    kind: engine,
    ...running(facts, (runs) => runs === engine),
    unit: unit?.unit ?? null,
    unitState: unit === undefined ? null : unitState(unit),
  };
}

function unitState(unit: { loadState: string; activeState: string; result: string }): string {
  if (unit.loadState !== "loaded") return unit.loadState;
  return unit.activeState === "failed" ? `failed, ${unit.result}` : unit.activeState;
}

/** Bytes in memory of all its processes together. A zombie does not run. */
function running(
  facts: Facts,
  isIt: (runs: Process["runs"]) => boolean,
): { running: boolean | null; memory: number | null } {
  const processes = valueOf(facts.processes);
  if (processes === undefined) return { running: null, memory: null };
  const own = processes.filter(({ runs, state }) => isIt(runs) && state !== "Z");
  if (own.length === 0) return { running: false, memory: null };
  return { running: true, memory: own.reduce((sum, { rss }) => sum + rss, 0) };
}
