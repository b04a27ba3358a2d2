import type { Measurement } from "../../src/history/measurement.ts";
import type { SyncTold } from "../../src/history/sync-measurement.ts";
import type { TracesSeen } from "../../src/history/traces-measurement.ts";

export const GiB = 1024 ** 3;
export const MiB = 1024 ** 2;
/** 2026-11-24 18:00 UTC. */
export const at = Date.UTC(2026, 10, 24, 18);

export const laptopCounts = counts(297_481, 918.2 * GiB);

export function counts(files: number, bytes: number): NonNullable<Measurement["counts"]> {
  return {
    files,
    bytes: Math.round(bytes),
    folders: 21_004,
    symlinks: 3,
    specials: 0,
    inFlight: 0,
    unreadable: 0,
    newest: 1_763_900_000,
  };
}

/** A Pi 3 with the family's disk on which everything is as it should be. */
export function healthy(changes: Partial<Measurement> = {}): Measurement {
  return {
    at,
    address: "mom.example.org",
    os: "Raspberry Pi OS 13 (trixie)",
    model: "Raspberry Pi 3 Model B Rev 1.2",
    provisioned: { version: 1, node: "mom", mount: "/media/btsync" },
    provisionedError: null,
    disk: {
      state: "ready",
      mount: "/media/btsync",
      label: "btsync",
      device: "/dev/sda1",
      uuid: "2f6c1c8e-0000-4000-8000-000000000001",
      pinnedUuid: "2f6c1c8e-0000-4000-8000-000000000001",
      detail: null,
      rivals: [],
      bytes: 1_000_203_091_968,
      free: 50 * GiB,
      inodes: 61_054_976,
      inodesFree: 60_000_000,
    },
    card: { bytes: 31_373_893_632, free: 17.2 * GiB, inodes: 1_900_000, inodesFree: 1_700_000 },
    memory: { bytes: 909 * MiB, available: 597 * MiB },
    swap: {
      bytes: 4 * GiB,
      used: 439 * MiB,
      areas: [{ path: "/media/btsync/.pimesh/swap", on: "disk", bytes: 4 * GiB, used: 439 * MiB }],
      isolation: true,
    },
    load: [0.23, 0.13, 0.46],
    temperature: 48.3,
    power: { underVoltage: false, throttled: false, underVoltageSeen: false, throttledSeen: false },
    clock: { offset: 0.4, synchronised: true },
    engine: {
      kind: "syncthing",
      running: true,
      memory: 83.1 * MiB,
      unit: "syncthing@pi.service",
      unitState: "active",
    },
    player: { kind: "kodi", running: true, memory: 120 * MiB },
    uptime: 17 * 86_400,
    counts: laptopCounts,
    ...changes,
  };
}

/** Of a btsync whose traces show nothing wrong. */
export function traced(): TracesSeen {
  return {
    kind: "seen",
    config: "/etc/pimesh/btsync.conf",
    folder: true,
    identity: "there",
    pid: "right",
    log: { path: "/media/btsync/.pimesh/btsync/sync.log", at: at - 60_000, lost: null, error: null },
    web: { kind: "off", why: "is off, since the folders stand in the configuration" },
  };
}

/** Of a Syncthing that has all that the family holds, with one other home connected. */
export function inSync(): SyncTold {
  const none = { files: 0, folders: 0, symlinks: 0, bytes: 0 };
  const { files, folders, symlinks, bytes } = laptopCounts;
  return {
    kind: "told",
    version: "1.19.2-ds1",
    state: "idle",
    error: null,
    watchError: null,
    need: { ...none, deletes: 0 },
    local: { files, folders, symlinks, bytes },
    failed: 0,
    peers: [peer("home")],
    inSync: true,
    why: null,
    bound: true,
    elsewhere: null,
  };
}

export function peer(
  name: string,
  changes: Partial<SyncTold["peers"][number]> = {},
): SyncTold["peers"][number] {
  return {
    id: `ID-OF-${name.toUpperCase()}`,
    name,
    reach: "direct",
    paused: false,
    lastSeen: at - 60_000,
    percent: 100,
    items: 0,
    bytes: 0,
    ...changes,
  };
}
