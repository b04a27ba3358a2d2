import { describe, expect, test } from "vitest";
import { judge } from "../../src/health/problems.ts";
import type { Subject } from "../../src/health/problem.ts";
import type { DiskState, Measurement } from "../../src/history/measurement.ts";
import { counts, GiB, healthy, laptopCounts, MiB } from "../report/measurements.ts";
import { subjectOf } from "./subject.ts";

const away: Partial<Measurement> = {
  counts: null,
  engine: {
    kind: "syncthing",
    running: false,
    memory: null,
    unit: "syncthing@pi.service",
    unitState: "inactive",
  },
  swap: { bytes: 0, used: 0, areas: [], isolation: true },
};
const noSwap = { bytes: 0, used: 0, areas: [] };

describe("the state of a node", () => {
  test.each<[string, string, Partial<Measurement>, Partial<Subject>]>([
    ["that holds the same and is well", "ok", {}, {}],
    ["without a laptop to compare with", "ok", {}, { reference: undefined }],
    ["with fewer files", "behind", { counts: counts(297_480, laptopCounts.bytes) }, {}],
    ["with more files than the laptop", "behind", { counts: counts(297_482, laptopCounts.bytes) }, {}],
    ["with as many files but other bytes", "behind", { counts: counts(297_481, most(5)) }, {}],
    ["that receives files", "syncing", { counts: { ...counts(10, most(9)), inFlight: 2 } }, {}],
    [
      "that holds more than last time",
      "syncing",
      { counts: counts(1000, most(9)) },
      { before: { files: 900, bytes: most(9) } },
    ],
    [
      "that stands where it stood last time",
      "behind",
      { counts: counts(1000, most(9)) },
      { before: { files: 1000, bytes: most(9) } },
    ],
    [
      "that holds less than last time",
      "behind",
      { counts: counts(900, most(10)) },
      { before: { files: 1000, bytes: most(9) } },
    ],
    ["that differs and has its engine off", "degraded", { counts: counts(1, 1), engine: stopped() }, {}],
    [
      "that could not be counted",
      "degraded",
      { counts: null },
      { countError: { code: "E-SCAN-FAILED", message: "x" } },
    ],
    ["without a set-up", "unprovisioned", { provisioned: null }, {}],
    [
      "without a set-up whose disk is not mounted yet",
      "unprovisioned",
      { provisioned: null, counts: null, disk: disk("unmounted") },
      {},
    ],
    ["whose pin cannot be read", "degraded", { provisioned: null, provisionedError: "damaged" }, {}],
    [
      "without a set-up and without a disk",
      "disk-absent",
      { provisioned: null, counts: null, disk: disk("absent") },
      {},
    ],
    ["whose disk is gone", "disk-absent", { ...away, disk: disk("absent") }, {}],
    ["whose disk is not mounted", "disk-absent", { ...away, disk: disk("unmounted") }, {}],
    ["whose disk an automounter took", "disk-absent", { ...away, disk: disk("elsewhere") }, {}],
    ["with a foreign disk", "disk-absent", { ...away, disk: disk("wrong") }, {}],
    ["with two disks of the label", "disk-absent", { ...away, disk: disk("ambiguous") }, {}],
    ["whose disk is read-only", "degraded", { disk: disk("read-only") }, {}],
    ["whose disk is not ext4", "degraded", { disk: disk("not-ext4") }, {}],
    ["that cannot say anything about its disk", "degraded", { counts: null, disk: disk("unknown") }, {}],
  ])("%s is %s", (_, state, measured, changes) => {
    expect(judge(subject(measured, changes)).state).toBe(state);
  });
});

describe("an index that cannot be believed", () => {
  const words = { state: "stale", why: "is 9 h old" } as const;

  test("is told, with what to look at, and leaves the node as well as it is", () => {
    expect(judge(subject({ index: words }))).toEqual({
      state: "ok",
      problems: [
        {
          code: "W-INDEX-STALE",
          message: "its index is 9 h old, so its files were counted now",
          try: "ssh pi@mom systemctl status pimesh-index",
          kind: "aside",
        },
      ],
    });
  });

  test.each<[Partial<Measurement>, string]>([
    [{ index: words, init: "sysvinit" }, "ssh pi@mom ls -l /etc/cron.d"],
    [{ index: { ...words, state: "foreign" } }, "pimesh provision mom --dry-run"],
  ])("is looked into by what the node has", (measured, command) => {
    expect(judge(subject(measured)).problems[0]?.try).toBe(command);
  });
});

test("what an index has counted is said to be of that time", () => {
  const counted = { at: healthy().at - 2 * 3_600_000, by: "index" } as const;
  const [behind] = judge(subject({ counts: counts(297_480, laptopCounts.bytes), counted })).problems;
  expect(behind?.message).toBe("has 1 file fewer than the laptop, as its index has counted 2 h ago");
});

test("conflict copies are told where an index has counted them, and leave the node as well as it is", () => {
  const held = { ...laptopCounts, conflicts: 3 };
  expect(judge(subject({ counts: held }))).toEqual({
    state: "ok",
    problems: [
      {
        code: "W-CONFLICTS",
        message: "3 conflict copies in its tree: changed at two homes at the same time, both are kept",
        try: "pimesh conflicts mom",
        kind: "aside",
      },
    ],
  });
  expect(judge(subject({ counts: { ...laptopCounts, conflicts: 0 } })).problems).toEqual([]);
});

describe("what is wrong", () => {
  test("is nothing on a node that is well", () => {
    expect(judge(subject()).problems).toEqual([]);
  });

  test.each<[string, Partial<Measurement>, Partial<Subject>, string[]]>([
    ["no disk", { ...away, disk: disk("absent") }, {}, ["E-DISK-ABSENT"]],
    ["disk not mounted", { ...away, disk: disk("unmounted") }, {}, ["E-DISK-NOT-MOUNTED"]],
    ["disk elsewhere", { ...away, disk: disk("elsewhere") }, {}, ["E-DISK-ELSEWHERE"]],
    ["foreign disk", { ...away, disk: disk("wrong") }, {}, ["E-DISK-WRONG"]],
    ["two disks", { ...away, disk: disk("ambiguous") }, {}, ["E-DISK-AMBIGUOUS"]],
    [
      "a second disk that looks the same",
      { disk: { ...healthy().disk, rivals: ["/dev/sdb1"] } },
      {},
      ["E-DISK-AMBIGUOUS"],
    ],
    ["read-only disk", { disk: disk("read-only") }, {}, ["E-DISK-READ-ONLY"]],
    [
      "never set up",
      { provisioned: null, engine: stopped(), swap: { ...noSwap, isolation: false } },
      {},
      ["W-UNPROVISIONED"],
    ],
    [
      "set up under another name",
      { provisioned: { version: 1, node: "home", mount: "/media/btsync" } },
      {},
      ["W-OTHER-NAME"],
    ],
    [
      "set up for another mount point",
      { provisioned: { version: 1, node: "mom", mount: "/media/old" } },
      {},
      ["W-OTHER-MOUNT"],
    ],
    [
      "a pin that cannot be read",
      { provisioned: null, provisionedError: "node.conf is damaged" },
      {},
      ["E-FACTS-INCOMPLETE"],
    ],
    [
      "a swap area of a pulled disk",
      {
        swap: {
          ...noSwap,
          areas: [area("/swapfile", "gone"), area("/media/btsync/swapfile", "disk")],
          isolation: true,
        },
      },
      {},
      ["W-SWAP-LOST"],
    ],
    ["engine off", { engine: stopped() }, {}, ["W-ENGINE-STOPPED"]],
    ["engine off and not wanted", { engine: stopped() }, { wanted: { swap: false, engine: false } }, []],
    [
      "engine not known",
      { engine: { kind: "syncthing", running: null, memory: null, unit: null, unitState: null } },
      {},
      [],
    ],
    [
      "swap off for want of a memory controller",
      { swap: { ...noSwap, isolation: false } },
      {},
      ["W-SWAP-OFF"],
    ],
    ["swap off", { swap: { ...noSwap, isolation: true } }, {}, ["W-SWAP-OFF"]],
    [
      "swap off and not wanted",
      { swap: { ...noSwap, isolation: true } },
      { wanted: { swap: false, engine: "syncthing" } },
      [],
    ],
    [
      "swap off for want of a memory controller, but the engine fits into memory",
      { swap: { ...noSwap, isolation: false }, memory: { bytes: 8 * GiB, available: GiB } },
      {},
      [],
    ],
    [
      "shared swap off, even where the engine fits into memory",
      { swap: { ...noSwap, isolation: false }, memory: { bytes: 8 * GiB, available: GiB } },
      { wanted: { swap: { bytes: GiB, policy: "shared", require: false }, engine: "syncthing" } },
      ["W-SWAP-OFF"],
    ],
    [
      "needed swap off where there is no systemd",
      { init: "sysvinit", swap: { ...noSwap, isolation: false } },
      {},
      ["W-SWAP-OFF"],
    ],
    ["swap not known", { swap: null }, {}, []],
    [
      "compressed memory alone",
      { swap: { ...noSwap, areas: [area("/dev/zram0", "memory")], isolation: true } },
      {},
      ["W-SWAP-OFF"],
    ],
    [
      "a swap file on the SD card",
      {
        swap: {
          ...noSwap,
          areas: [area("/var/swap", "card"), area("/media/btsync/x", "disk")],
          isolation: true,
        },
      },
      {},
      ["W-SWAP-ON-CARD"],
    ],
    ["199 MiB on the SD card", { card: { ...healthy().card, free: 199 * MiB } }, {}, ["W-CARD-FULL"]],
    ["200 MiB on the SD card", { card: { ...healthy().card, free: 200 * MiB } }, {}, []],
    ["disk nearly full", { disk: { ...healthy().disk, free: 9 * GiB } }, {}, ["W-DISK-FULL"]],
    [
      "no room for what is missing",
      { disk: { ...healthy().disk, free: 20 * GiB }, counts: counts(1, 1) },
      {},
      ["W-DISK-TOO-SMALL", "W-BEHIND"],
    ],
    ["no inodes", { disk: { ...healthy().disk, inodesFree: 5 } }, {}, ["W-INODES"]],
    ["a file system without inodes", { card: { ...healthy().card, inodes: 0, inodesFree: 0 } }, {}, []],
    ["clock 61 s off", { clock: { offset: -61, synchronised: true } }, {}, ["W-CLOCK"]],
    ["clock 60 s off", { clock: { offset: 60, synchronised: true } }, {}, []],
    ["clock not synchronised", { clock: { offset: 0, synchronised: false } }, {}, ["W-CLOCK"]],
    ["no word on synchronisation", { clock: { offset: 0, synchronised: null } }, {}, []],
    [
      "under-voltage now",
      { power: { ...healthy().power, underVoltage: true, throttled: true } as never },
      {},
      ["W-UNDER-VOLTAGE"],
    ],
    ["under-voltage earlier", { power: { ...healthy().power, underVoltageSeen: true } as never }, {}, []],
    ["throttled now", { power: { ...healthy().power, throttled: true } as never }, {}, ["W-THROTTLED"]],
    ["80 °C", { temperature: 80 }, {}, ["W-HOT"]],
    ["79.9 °C", { temperature: 79.9 }, {}, []],
    ["places that could not be read", { counts: { ...laptopCounts, unreadable: 3 } }, {}, ["W-UNREADABLE"]],
    [
      "count failed",
      { counts: null },
      { countError: { code: "E-SCAN-FAILED", message: "find broke off" } },
      ["E-SCAN-FAILED"],
    ],
    [
      "no tree on a disk that was set up",
      { counts: null },
      { countError: { code: "E-TREE-ABSENT", message: "no such folder" } },
      ["E-TREE-ABSENT"],
    ],
    [
      "no tree on a disk that was not",
      { counts: null, provisioned: null },
      { countError: { code: "E-TREE-ABSENT", message: "no such folder" } },
      ["W-UNPROVISIONED"],
    ],
    ["files missing", { counts: counts(297_000, laptopCounts.bytes) }, {}, ["W-BEHIND"]],
    ["files too many", { counts: counts(297_491, laptopCounts.bytes) }, {}, ["W-AHEAD"]],
    ["bytes too many", { counts: counts(297_481, laptopCounts.bytes + MiB) }, {}, ["W-AHEAD"]],
    [
      "files missing and bytes too many",
      { counts: counts(297_000, laptopCounts.bytes + MiB) },
      {},
      ["W-BEHIND"],
    ],
    ["no laptop to compare with", {}, { reference: undefined }, ["W-NOT-COMPARED"]],
    ["nothing but nulls", nothing(), { reference: undefined }, ["W-NOT-COMPARED"]],
  ])("%s", (_, measured, changes, codes) => {
    expect(judge(subject(measured, changes)).problems.map(({ code }) => code)).toEqual(codes);
  });

  test.each<[string, Partial<Measurement>, string]>([
    ["less", { counts: counts(297_471, laptopCounts.bytes) }, "has 10 files fewer than the laptop"],
    [
      "more",
      { counts: counts(297_491, laptopCounts.bytes + MiB) },
      "has 10 files more and 1.0 MiB more than the laptop: the laptop may be the one that misses them",
    ],
    [
      "more of one and less of the other",
      { counts: counts(297_471, laptopCounts.bytes + MiB) },
      "has 10 files fewer, but 1.0 MiB more than the laptop: each of the two may miss what the other holds",
    ],
    [
      "more, and files arrive",
      { counts: { ...counts(297_491, laptopCounts.bytes), inFlight: 1 } },
      "has 10 files more than the laptop, and files are on their way",
    ],
  ])("says who may miss something: %s", (_, measured, message) => {
    expect(judge(subject(measured)).problems.map((problem) => problem.message)).toEqual([message]);
  });

  test("never lets ok look compared when the laptop's tree is not known", () => {
    const { state, problems } = judge(subject({}, { reference: undefined }));
    expect([state, problems[0]?.message]).toEqual(["ok", expect.stringMatching(/^not compared: /)]);
  });

  test("names the disk first, whatever else is wrong", () => {
    const { problems } = judge(
      subject({ ...away, disk: disk("absent"), temperature: 90, card: { ...healthy().card, free: 0 } }),
    );
    expect(problems.map(({ code }) => code)).toEqual(["E-DISK-ABSENT", "W-CARD-FULL", "W-HOT"]);
  });

  test("always comes with a command that exists", () => {
    const known = /^(pimesh (provision|status|diff|trust|check) |ssh pi@mom )/;
    for (const state of [
      "absent",
      "unmounted",
      "elsewhere",
      "wrong",
      "ambiguous",
      "read-only",
      "not-ext4",
      "unknown",
    ] as const) {
      for (const problem of judge(
        subject({
          disk: disk(state),
          engine: stopped(),
          swap: { ...noSwap, areas: [area("/var/swap", "card")], isolation: false },
          card: { bytes: 1, free: 0, inodes: 100, inodesFree: 0 },
          counts: { ...counts(1, 1), unreadable: 1 },
          clock: { offset: 1000, synchronised: false },
          temperature: 99,
          power: { underVoltage: true, throttled: true, underVoltageSeen: true, throttledSeen: true },
        }),
      ).problems) {
        expect(problem.try).toMatch(known);
      }
    }
  });

  test("is said in words", () => {
    const { problems } = judge(
      subject({
        disk: { ...disk("elsewhere"), detail: "/media/btsync1" },
        counts: null,
        clock: { offset: -188, synchronised: false },
      }),
    );
    expect(problems.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "its disk (/dev/sda1) is mounted at /media/btsync1 instead of /media/btsync: an automounter took it. What is written to /media/btsync now would fill the SD card",
        "its clock is 3 min behind the laptop's: the engines judge files by their time",
      ]
    `);
  });
});

function subject(measured: Partial<Measurement> = {}, changes: Partial<Subject> = {}): Subject {
  return subjectOf(healthy(measured), {
    wanted: { swap: { bytes: 4 * GiB, policy: "isolated", require: "auto" }, engine: "syncthing" },
    ...changes,
  });
}

/** All of the laptop's bytes but so many: what is missing still fits on the disk. */
function most(missing: number): number {
  return laptopCounts.bytes - missing;
}

function disk(state: DiskState): Measurement["disk"] {
  return { ...healthy().disk, state };
}

function stopped(): Measurement["engine"] {
  return {
    kind: "syncthing",
    running: false,
    memory: null,
    unit: "syncthing@pi.service",
    unitState: "inactive",
  };
}

function area(path: string, on: "disk" | "card" | "memory" | "gone") {
  return { path, on, bytes: 100 * MiB, used: 0 };
}

/** A node that can tell nothing but that it is set up and has its disk. */
function nothing(): Partial<Measurement> {
  const none = { bytes: null, free: null, inodes: null, inodesFree: null };
  return {
    os: null,
    model: null,
    disk: { ...healthy().disk, ...none },
    card: none,
    memory: null,
    swap: null,
    load: null,
    temperature: null,
    power: null,
    clock: null,
    engine: null,
    player: null,
    uptime: null,
  };
}
