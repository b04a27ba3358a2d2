import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Answer } from "../../src/core/answer.ts";
import type { Facts } from "../../src/facts/facts.ts";
import { clockOffset, measure } from "../../src/health/measure.ts";
import { measurementSchema } from "../../src/history/measurement.ts";
import type { Node } from "../../src/inventory/inventory.ts";
import { noEngineSettings } from "../support/engine-settings.ts";

const uuid = "2f6c1c8e-0000-4000-8000-000000000001";
const other = "2f6c1c8e-0000-4000-8000-000000000002";
const asked = { at: 1_790_000_000_000, address: "mom.example.org", clockOffset: 0 };

const node: Node = {
  name: "mom",
  addresses: [],
  user: "pi",
  jump: undefined,
  identityFiles: [],
  sudoPasswordFile: undefined,
  disk: { label: "btsync", mount: "/media/btsync" },
  tree: "btsync",
  folders: [],
  swap: false,
  engine: "syncthing",
  engineSettings: noEngineSettings,
  player: "kodi",
};

const card = {
  path: "/dev/mmcblk0p2",
  name: "mmcblk0p2",
  fstype: "ext4",
  label: "rootfs",
  uuid: "c0",
  readOnly: false,
};
const sda1 = { path: "/dev/sda1", name: "sda1", fstype: "ext4", label: "btsync", uuid, readOnly: false };
const sdb1 = {
  path: "/dev/sdb1",
  name: "sdb1",
  fstype: "ext4",
  label: "btsync",
  uuid: other,
  readOnly: false,
};
const root = { device: "/dev/mmcblk0p2", target: "/", fstype: "ext4", options: ["rw", "noatime"] };
const here = { device: "/dev/sda1", target: "/media/btsync", fstype: "ext4", options: ["rw"] };
const pin = value({ version: 1, node: "mom", uuid, mount: "/media/btsync" });

describe("the state of a disk", () => {
  test.each<[string, Partial<Facts>, object]>([
    ["mounted at its place", {}, { state: "ready", device: "/dev/sda1", uuid, free: 700 }],
    [
      "not plugged in",
      { blockDevices: value([card]), mounts: value([root]) },
      { state: "absent", device: null, free: null },
    ],
    ["plugged in and not mounted", { mounts: value([root]) }, { state: "unmounted", device: "/dev/sda1" }],
    [
      "taken by an automounter",
      { mounts: value([root, { ...here, target: "/media/btsync1" }]) },
      { state: "elsewhere", detail: "/media/btsync1" },
    ],
    [
      "of the label, but not the pinned one",
      { blockDevices: value([card, { ...sda1, uuid: other }]) },
      { state: "wrong", uuid: other, pinnedUuid: uuid },
    ],
    [
      "away, with something else in its place",
      {
        blockDevices: value([card, { ...sda1, label: "holiday", uuid: other }]),
        provisioned: { kind: "absent" },
      },
      { state: "wrong", device: "/dev/sda1", uuid: other },
    ],
    [
      "one of two with the label, none pinned",
      { blockDevices: value([card, sda1, sdb1]), provisioned: { kind: "absent" } },
      { state: "ambiguous", detail: "/dev/sda1, /dev/sdb1" },
    ],
    [
      "one of two with the label, the pinned one in use",
      { blockDevices: value([card, sda1, sdb1]) },
      { state: "ready", rivals: ["/dev/sdb1"] },
    ],
    ["mounted read-only", { mounts: value([root, { ...here, options: ["ro"] }]) }, { state: "read-only" }],
    ["write-protected", { blockDevices: value([card, { ...sda1, readOnly: true }]) }, { state: "read-only" }],
    [
      "formatted otherwise",
      { blockDevices: value([card, { ...sda1, fstype: "ntfs" }]) },
      { state: "not-ext4", detail: "ntfs" },
    ],
    [
      "that cannot be told apart",
      { blockDevices: { kind: "failed", reason: "lsblk: killed" } },
      { state: "unknown" },
    ],
    ["whose mounts cannot be told", { mounts: { kind: "failed", reason: "x" } }, { state: "unknown" }],
  ])("%s", (_, changes, expected) => {
    expect(measure(facts(changes), node, asked).disk).toMatchObject(expected);
  });
});

describe("a measurement", () => {
  test("never takes a damaged record of the set-up for none", () => {
    expect(
      measure(facts({ provisioned: { kind: "failed", reason: "cut short" } }), node, asked),
    ).toMatchObject({
      provisioned: null,
      provisionedError: "cut short",
    });
    expect(measure(facts({ provisioned: { kind: "absent" } }), node, asked).provisionedError).toBeNull();
  });

  test("knows where each swap area lies", () => {
    const area = { type: "file", bytes: 100, used: 10, priority: -2, deleted: false, gone: false } as const;
    const swaps = value([
      { ...area, path: "/media/btsync/swapfile" },
      { ...area, path: "/var/swap" },
      { ...area, path: "/dev/zram0", type: "partition" as const },
      { ...area, path: "/dev/mmcblk0p3", type: "partition" as const },
      { ...area, path: "/swapfile", gone: true },
    ]);
    const { swap } = measure(facts({ swaps }), node, asked);
    expect(swap?.areas.map(({ on }) => on)).toEqual(["disk", "card", "memory", "card", "gone"]);
    expect(swap).toMatchObject({ bytes: 500, used: 50, isolation: true });
  });

  test("counts all processes of the engine, and no zombie", () => {
    const process = { pid: 1, comm: "syncthing", rss: 100, state: "S", runs: "syncthing" } as const;
    const two = value([process, { ...process, pid: 2 }, { ...process, pid: 3, state: "Z" }]);
    expect(measure(facts({ processes: two }), node, asked).engine).toMatchObject({
      running: true,
      memory: 200,
    });
    const dead = value([{ ...process, state: "Z" }]);
    expect(measure(facts({ processes: dead }), node, asked).engine).toMatchObject({
      running: false,
      memory: null,
    });
  });

  test("tells how the engine's unit ended", () => {
    const unit = {
      unit: "syncthing@pi.service",
      loadState: "loaded",
      activeState: "failed",
      subState: "failed",
      result: "oom-kill",
    };
    expect(measure(facts({ units: value([unit]) }), node, asked).engine).toMatchObject({
      unit: "syncthing@pi.service",
      unitState: "failed, oom-kill",
    });
  });

  test("is null for every question that got no answer, and can be kept", () => {
    const failed = { kind: "failed", reason: "x" } as const;
    const silent = Object.fromEntries(Object.keys(facts()).map((name) => [name, failed])) as unknown as Facts;
    const measurement = measure(silent, node, asked);
    expect(measurement).toMatchObject({
      os: null,
      memory: null,
      swap: null,
      load: null,
      temperature: null,
      power: null,
      clock: null,
      uptime: null,
      counts: null,
      disk: { state: "unknown" },
      engine: { running: null, memory: null },
      player: { running: null },
    });
    expect(measurementSchema.parse(JSON.parse(JSON.stringify(measurement)))).toEqual(measurement);
  });
});

describe("the clock", () => {
  test.each([
    ["in time", 1000, 999_500, 1_000_200, 0],
    ["told over a slow line", 1015, 1_000_000, 1_030_000, 0],
    ["behind", 900, 1_000_000, 1_002_000, -100],
    ["ahead", 1100, 1_000_000, 1_002_000, 98],
    ["not told", undefined, 0, 0, undefined],
  ])("%s", (_, seconds, from, to, expected) => {
    expect(clockOffset(seconds, from, to)).toBe(expected);
  });

  test("of a node that has the laptop's time is never off, however slow the line", () => {
    fc.assert(
      fc.property(fc.nat(2_000_000_000), fc.nat(90_000), fc.nat(90_000), (start, before, after) => {
        const read = start + before;
        expect(clockOffset(Math.floor(read / 1000), start, read + after)).toBe(0);
      }),
    );
  });
});

/** A set-up Pi with its disk where it belongs. */
function facts(changes: Partial<Facts> = {}): Facts {
  const absent = { kind: "absent" } as const;
  return {
    os: value({ id: "debian", version: "13", name: "Debian GNU/Linux 13 (trixie)", flavour: "debian" }),
    model: value("Raspberry Pi 4 Model B Rev 1.4"),
    kernel: absent,
    architecture: absent,
    pageSize: value(4096),
    identity: absent,
    privilege: absent,
    memory: value({ total: 1000, available: 600, swapTotal: 0, swapFree: 0 }),
    swaps: value([]),
    load: value([0.1, 0.2, 0.3]),
    uptime: value(100),
    mounts: value([root, here]),
    init: absent,
    systemd: absent,
    initScripts: absent,
    heldBack: absent,
    bootLine: absent,
    rpiSwap: absent,
    mountPoint: absent,
    memoryController: value(true),
    overlayRoot: value(false),
    processes: value([]),
    tools: absent,
    find: absent,
    python: absent,
    fstab: absent,
    automounters: absent,
    provisioned: pin,
    temperature: value(48.3),
    throttled: absent,
    clock: value({ seconds: 1_790_000_000, synchronised: "yes" }),
    units: absent,
    blockDevices: value([card, sda1]),
    index: absent,
    ignoreFile: absent,
    diskSpace: value([
      { target: "/", device: "/dev/mmcblk0p2", bytes: 100, used: 40, available: 55 },
      {
        target: "/media/btsync",
        device: "/dev/sda1",
        bytes: 1000,
        used: 250,
        available: 700,
        inodes: 10,
        inodesFree: 9,
      },
    ]),
    ...changes,
  };
}

function value<T>(of: T): Answer<T> & { kind: "value" } {
  return { kind: "value", value: of };
}
