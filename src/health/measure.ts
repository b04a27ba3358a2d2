import { valueOf, type Answer } from "../core/answer.ts";
import { PimeshError } from "../core/error.ts";
import { bootChange } from "../facts/boot-change.ts";
import { engines } from "../engine/engines.ts";
import { diskOf, type DiskState, type PresentDisk } from "../facts/disk-of.ts";
import type { HealthFacts } from "../facts/facts.ts";
import { mountAt, mountOver } from "../facts/mount-at.ts";
import type { Provisioned } from "../facts/provisioned.ts";
import { sdSwapFiles } from "../facts/sd-swap-files.ts";
import type { Process } from "../facts/processes.ts";
import type { SwapArea } from "../facts/swaps.ts";
import { sameUuid, wrongDisk } from "../facts/wrong-disk.ts";
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
export function measure(facts: HealthFacts, node: Node, asked: Asked): Measurement {
  const disk = withIdentity(facts, node, measureDisk(facts, node));
  const provisioned = valueOf(facts.provisioned);
  const throttled = valueOf(facts.throttled);
  const memory = valueOf(facts.memory);
  const load = valueOf(facts.load);
  return {
    at: asked.at,
    address: asked.address,
    os: valueOf(facts.os)?.name ?? null,
    model: valueOf(facts.model) ?? null,
    ...measureInit(facts),
    provisioned:
      provisioned === undefined
        ? null
        : { version: provisioned.version, node: provisioned.node, mount: provisioned.mount },
    provisionedError: provisionedError(facts.provisioned),
    disk: {
      ...disk,
      ...(disk.state === "unmounted" ? takenBy(facts, node.disk.mount) : {}),
      ...(holdsTree(disk.state) ? spaceOf(facts, node.disk.mount) : noSpace),
      ...measurePlace(facts),
    },
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

function measureDisk(facts: HealthFacts, node: Node): Disk {
  const { mount, label } = node.disk;
  const pin = valueOf(facts.provisioned);
  const pinnedUuid = pin?.uuid ?? null;
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
  const held = valueOf(facts.heldBack)?.disk;
  if (disk.kind === "present") return { ...base, ...measurePresent(disk, pin, held) };
  const { pinned, devices } = disk;
  if (pinned?.mounted === undefined) {
    return { ...base, state: "ambiguous", detail: devices.join(", "), rivals: [...devices] };
  }
  const rivals = devices.filter((device) => device !== pinned.device);
  return { ...base, ...measurePresent(pinned, pin, held), rivals };
}

/** Then its check fails and it is not mounted at all. */
const writeProtected = "it is write-protected: a switch on it, or its adapter";

function measurePresent(
  disk: PresentDisk,
  pin: Provisioned | undefined,
  held: string | undefined,
): Pick<Disk, "state" | "device" | "uuid" | "detail" | "stranger" | "fstype"> {
  const { device, uuid, fstype, mounted, elsewhere } = disk;
  const pinnedUuid = pin?.uuid ?? null;
  const foreign = fstype === "ext4" ? {} : { fstype: fstype ?? "no known file system" };
  const found = { device, uuid, detail: null, ...foreign };
  if (pinnedUuid !== null && pinnedUuid.toLowerCase() !== uuid.toLowerCase())
    return { ...found, state: "wrong", stranger: wrongDisk(disk, pin) };
  if (mounted === undefined) {
    const [place] = elsewhere;
    return place === undefined
      ? { ...found, state: "unmounted", detail: held ?? (disk.readOnly ? writeProtected : null) }
      : { ...found, state: "elsewhere", detail: place };
  }
  if (disk.readOnly || mounted.readOnly) return { ...found, state: "read-only" };
  if (fstype !== "ext4") return { ...found, state: "not-ext4", detail: fstype ?? null };
  return { ...found, state: "ready" };
}

/** What is mounted where the node's disk belongs. */
function takenBy(facts: HealthFacts, target: string): Pick<Disk, "taken"> {
  const mount = mountAt(facts, target);
  return mount === undefined ? {} : { taken: mount.device };
}

/** A disk with the identity file of another disk or node is a copy, or stands in the wrong home. */
function withIdentity(facts: HealthFacts, node: Node, disk: Disk): Disk {
  const place = valueOf(facts.mountPoint);
  if (place === undefined || !holdsTree(disk.state)) return disk;
  const { identity } = place;
  if (identity === undefined) return { ...disk, identity: "missing" };
  const names = [node.name, valueOf(facts.provisioned)?.node];
  return names.includes(identity.node) && sameUuid(identity.uuid, disk.uuid ?? undefined)
    ? { ...disk, identity: "right" }
    : { ...disk, state: "wrong", stranger: "identity", detail: identity.node };
}

/** What can be seen around the mount point by whoever is not root. */
function measurePlace(facts: HealthFacts): Pick<Disk, "hidden" | "twins"> {
  const place = valueOf(facts.mountPoint);
  if (place === undefined) return {};
  const { hidden, twins } = place;
  return {
    ...(hidden === undefined ? {} : { hidden }),
    twins: twins.filter((twin) => mountAt(facts, twin) === undefined),
  };
}

/** Without the node's disk: something else may be mounted in its place. */
function strangerAt(facts: HealthFacts, mount: string): Pick<Disk, "state" | "device" | "uuid"> {
  const stranger = mountAt(facts, mount);
  if (stranger === undefined) return { state: "absent", device: null, uuid: null };
  const device = valueOf(facts.blockDevices)?.find(({ path }) => path === stranger.device);
  return { state: "wrong", device: stranger.device, uuid: device?.uuid ?? null };
}

function provisionedError(answer: Answer<unknown>): string | null {
  if (answer.kind === "failed") return answer.reason;
  return answer.kind === "empty" ? "it is empty" : null;
}

function spaceOf(facts: HealthFacts, target: string): Measurement["card"] {
  const space = valueOf(facts.diskSpace)?.find((each) => each.target === target);
  if (space === undefined) return noSpace;
  return {
    bytes: space.bytes,
    free: space.available,
    inodes: space.inodes ?? null,
    inodesFree: space.inodesFree ?? null,
  };
}

function measureSwap(facts: HealthFacts, node: Node): Measurement["swap"] {
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
    ...(valueOf(facts.memoryController) === false && facts.bootLine.kind === "value"
      ? { boot: bootChange(facts).kind }
      : {}),
    ...heldSwap(facts),
  };
}

function heldSwap(facts: HealthFacts): { readonly held?: string } {
  const held = valueOf(facts.heldBack)?.swap;
  return held === undefined ? {} : { held };
}

function mediumOf(
  facts: HealthFacts,
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

function measureClock(facts: HealthFacts, offset: number | undefined): Measurement["clock"] {
  const clock = valueOf(facts.clock);
  if (clock === undefined || offset === undefined) return null;
  return { offset, synchronised: clock.synchronised === "unknown" ? null : clock.synchronised === "yes" };
}

function measureInit(facts: HealthFacts): Pick<Measurement, "init"> {
  const found = valueOf(facts.init);
  if (found === undefined) return {};
  return { init: found.kind === "other" ? found.name : found.kind };
}

function measureEngine(facts: HealthFacts, node: Node): Measurement["engine"] {
  if (node.engine === false) return null;
  const { engine } = node;
  const scripts = valueOf(facts.initScripts);
  if (scripts !== undefined) {
    const script = engines[engine].initScripts.find((name) => scripts.some((each) => each.name === name));
    return {
      kind: engine,
      ...running(facts, (runs) => runs === engine),
      unit: `/etc/init.d/${script ?? engines[engine].initScripts[0] ?? engine}`,
      unitState: script === undefined ? "not-found" : (valueOf(facts.heldBack)?.engine ?? null),
    };
  }
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
  facts: HealthFacts,
  isIt: (runs: Process["runs"]) => boolean,
): { running: boolean | null; memory: number | null } {
  const processes = valueOf(facts.processes);
  if (processes === undefined) return { running: null, memory: null };
  const own = processes.filter(({ runs, state }) => isIt(runs) && state !== "Z");
  if (own.length === 0) return { running: false, memory: null };
  return { running: true, memory: own.reduce((sum, { rss }) => sum + rss, 0) };
}
