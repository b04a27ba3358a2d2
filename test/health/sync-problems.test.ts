import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge } from "../../src/health/problems.ts";
import type { State } from "../../src/health/state.ts";
import type { Measurement } from "../../src/history/measurement.ts";
import type { Sync, SyncTold } from "../../src/history/sync-measurement.ts";
import { at, counts, GiB, healthy, inSync, laptopCounts, peer } from "../report/measurements.ts";
import { subjectOf } from "./subject.ts";

const files = laptopCounts.files;
const none = { files: 0, folders: 0, symlinks: 0, bytes: 0, deletes: 0 };
const needs = { ...none, files: 42, bytes: 1.2 * GiB };
const alone = [
  peer("home", { reach: "none", lastSeen: at - 3 * 86_400_000 }),
  peer("laptop", { reach: "none", lastSeen: null }),
];

describe("a node whose Syncthing", () => {
  test.each<[string, Partial<SyncTold>, State, string[]]>([
    ["is in sync", {}, "ok", []],
    ["scans", { state: "scanning" }, "syncing", ["W-SYNC-WORKING"]],
    ["gets files", { state: "syncing", need: needs }, "syncing", ["W-SYNC-WORKING"]],
    ["waits for what no connected home has", { need: needs }, "behind", ["W-SYNC-WAITING"]],
    ["starts", { state: "starting" }, "syncing", ["W-SYNC-WORKING"]],
    ["is alone", { peers: alone }, "degraded", ["W-SYNC-ALONE"]],
    [
      "is alone in the middle of it",
      { peers: alone, state: "syncing", need: needs },
      "degraded",
      ["W-SYNC-ALONE"],
    ],
    ["shares with nobody", { peers: [] }, "degraded", ["W-NOT-PAIRED"]],
    [
      "has no such folder",
      { state: "not-set-up", need: null, local: null, peers: [], bound: null },
      "degraded",
      ["W-NOT-PAIRED"],
    ],
    [
      "is in error",
      { state: "error", error: "folder path missing", need: null },
      "degraded",
      ["W-SYNC-ERROR"],
    ],
    [
      "misses its marker",
      { state: "error", error: "folder marker missing (this indicates potential data loss)", need: null },
      "degraded",
      ["W-SYNC-MARKER"],
    ],
    ["is paused", { state: "paused", need: null, local: null }, "degraded", ["W-SYNC-PAUSED"]],
    ["could not bring items", { failed: 2 }, "degraded", ["W-SYNC-FAILED"]],
    [
      "does not say how it stands",
      { state: "unknown", need: null, local: null },
      "degraded",
      ["W-NOT-IN-SYNC"],
    ],
    [
      "has heard of nobody what there is",
      { why: "no connected peer has said yet what it holds" },
      "degraded",
      ["W-NOT-IN-SYNC"],
    ],
    ["hangs on no marker of the disk", { bound: false, inSync: true }, "degraded", ["W-SYNC-UNBOUND"]],
    ["syncs another folder", { elsewhere: "/home/pi/Sync", inSync: true }, "degraded", ["W-SYNC-ELSEWHERE"]],
    ["cannot watch", { watchError: "no space left on device", inSync: true }, "ok", ["W-SYNC-UNWATCHED"]],
    [
      "is about to delete a tenth",
      { state: "syncing", need: { ...none, deletes: 11 }, local: { ...none, files: 100 } },
      "degraded",
      ["W-SYNC-WORKING", "W-SYNC-DELETES"],
    ],
    [
      "is about to delete a thousand",
      { state: "syncing", need: { ...none, deletes: 1001 } },
      "degraded",
      ["W-SYNC-WORKING", "W-SYNC-DELETES"],
    ],
    [
      "is about to delete a few",
      { state: "syncing", need: { ...none, deletes: 1000 } },
      "syncing",
      ["W-SYNC-WORKING"],
    ],
  ])("%s", (_, changes, state, codes) => {
    const isFine = Object.keys(changes).length === 0;
    const verdict = judge(
      subjectOf(healthy({ sync: { ...inSync(), inSync: isFine, why: isFine ? null : "x", ...changes } })),
    );
    expect([verdict.state, verdict.problems.map(({ code }) => code)]).toEqual([state, codes]);
  });

  test.each<[string, Sync, State, string]>([
    ["is not ours", { kind: "none" }, "degraded", "W-NOT-PAIRED"],
    [
      "needs a password to be asked",
      { kind: "closed", code: "E-SUDO-REFUSED", why: "x", hint: null },
      "ok",
      "W-SYNC-UNKNOWN",
    ],
    [
      "does not answer",
      { kind: "silent", code: "E-TIMED-OUT", why: "x", hint: "y" },
      "degraded",
      "W-SYNC-SILENT",
    ],
  ])("%s", (_, sync, state, code) => {
    expect(judge(subjectOf(healthy({ sync })))).toMatchObject({ state, problems: [{ code }] });
  });
});

describe("the words", () => {
  test.each<[Partial<SyncTold>, string]>([
    [
      { state: "error", error: "folder marker missing (this indicates potential data loss)" },
      "Syncthing has stopped the folder, for the marker of its disk is not there: folder marker missing (this indicates potential data loss). Nothing counts as deleted. If it is the right disk, provision makes a new one",
    ],
    [
      { peers: alone, need: needs },
      "no other home is connected to it, so nothing comes or goes: home last seen 3 d ago, laptop never seen; 42 items to get (1.2 GiB)",
    ],
    [
      {
        state: "syncing",
        need: { ...needs, deletes: 3 },
        peers: [
          peer("home"),
          peer("laptop", { reach: "relay" }),
          peer("oma", { paused: true, reach: "none" }),
        ],
      },
      "Syncthing is syncing; 42 items to get (1.2 GiB), 3 to delete (home directly, laptop by relay, oma is paused)",
    ],
    [{ state: "scanning" }, "Syncthing is scanning (home directly)"],
  ])("%#", (changes, message) => {
    const sync = { ...inSync(), inSync: false, why: "x", ...changes };
    expect(judge(subjectOf(healthy({ sync }))).problems[0]?.message).toBe(message);
  });

  test("tell how long ago a home was seen by the node's own clock", () => {
    const sync = {
      ...inSync(),
      inSync: false,
      why: "x",
      peers: [peer("home", { reach: "none", lastSeen: at - 7_200_000 })],
    };
    const measurement = healthy({ sync, clock: { offset: -3600, synchronised: true } });
    expect(judge(subjectOf(measurement)).problems[0]?.message).toContain("home last seen 1 h ago");
  });
});

describe("the disk's view and the engine's", () => {
  const index = { at: at - 7_200_000, by: "index" } as const;
  test.each<[string, number, Partial<Measurement>, string | undefined]>([
    ["agree", files, {}, undefined],
    ["differ by what comes and goes", files + 297, {}, undefined],
    [
      "differ, the disk having less",
      files + 400,
      {},
      "Syncthing knows of 297,881 files there, a count of its disk found 297,481: files may be gone that it has not missed yet",
    ],
    [
      "differ, the disk having more",
      files - 400,
      {},
      "Syncthing knows of 297,081 files there, a count of its disk found 297,481: it may not have seen them all, or may not read them",
    ],
    [
      "differ by what a rule of its own hides",
      files - 400,
      { ignore: { more: ["*.iso"], missing: [] } },
      undefined,
    ],
    [
      "differ by more than a rule can hide",
      files + 400,
      { ignore: { more: ["*.iso"], missing: [] } },
      "Syncthing knows of 297,881 files there, a count of its disk found 297,481: files may be gone that it has not missed yet",
    ],
    [
      "differ since the index was made",
      files + 400,
      { counted: index },
      "Syncthing knows of 297,881 files there, its index of 2 h ago found 297,481: files may be gone that it has not missed yet",
    ],
    ["cannot be compared", files, { counts: null }, undefined],
  ])("%s", (_, local, changes, message) => {
    const sync = { ...inSync(), local: { ...none, files: local } };
    const { problems } = judge(subjectOf(healthy({ sync, ...changes })));
    expect(problems.find(({ code }) => code === "W-SYNC-CONTRADICTS")?.message).toBe(message);
  });

  test("degrade the node by a count of now, not by an index", () => {
    const sync = { ...inSync(), local: { ...none, files: files + 400 } };
    expect(judge(subjectOf(healthy({ sync }))).state).toBe("degraded");
    expect(judge(subjectOf(healthy({ sync, counted: index }))).state).toBe("ok");
  });

  test("are not compared while it works", () => {
    const sync = { ...inSync(), state: "scanning" as const, inSync: false, local: { ...none, files: 5 } };
    expect(judge(subjectOf(healthy({ sync }))).problems.map(({ code }) => code)).toEqual(["W-SYNC-WORKING"]);
  });
});

test("a folder that a provision has left paused is told from one that a person has paused", () => {
  const paused = healthy({ sync: { ...inSync(), inSync: false, state: "paused", need: null, local: null } });
  expect(judge(subjectOf(paused)).problems).toMatchObject([
    { code: "W-SYNC-PAUSED", message: expect.stringContaining("somebody resumes it") as string },
  ]);
  expect(judge(subjectOf(paused, { pausedByUs: true })).problems).toMatchObject([
    {
      code: "W-SYNC-PAUSED",
      message: expect.stringContaining("pimesh has paused") as string,
      try: "pimesh provision mom",
    },
  ]);
});

test("a node without its disk, or that nobody has set up, is not judged by its Syncthing", () => {
  const sync = { kind: "none" } as const;
  for (const changes of [{ provisioned: null }, { disk: { ...healthy().disk, state: "absent" as const } }]) {
    const codes = judge(subjectOf(healthy({ sync, ...changes }))).problems.map(({ code }) => code);
    expect(codes).not.toContain("W-NOT-PAIRED");
  }
});

test("whatever its Syncthing says, it is ok only in sync, and otherwise a problem says why", () => {
  const amount = fc.constantFrom(0, 0, 0, 5);
  const items = fc.record({
    files: amount,
    folders: amount,
    symlinks: amount,
    bytes: amount,
    deletes: amount,
  });
  const someSync = fc.record({
    kind: fc.constant("told" as const),
    version: fc.constant("1.19.2"),
    state: fc.constantFrom<SyncTold["state"][]>(
      "idle",
      "scanning",
      "syncing",
      "cleaning",
      "starting",
      "error",
      "paused",
      "not-set-up",
      "unknown",
    ),
    error: fc.constantFrom(null, "x", "folder marker missing"),
    watchError: fc.constantFrom(null, "x"),
    need: fc.option(items),
    local: fc.constantFrom(null, { ...none, files }),
    failed: amount,
    peers: fc.constantFrom([], alone, [peer("home")]),
    inSync: fc.boolean(),
    why: fc.constantFrom(null, "x"),
    bound: fc.constantFrom(null, true, false),
    elsewhere: fc.constantFrom(null, "/x"),
  });
  fc.assert(
    fc.property(someSync, fc.constantFrom(laptopCounts, counts(1, 1)), (sync, held) => {
      const { state, problems } = judge(subjectOf(healthy({ sync, counts: held })));
      const said = problems.filter(({ kind }) => kind !== "aside");
      expect(said.length > 0).toBe(state !== "ok");
      expect(state !== "ok" || sync.inSync).toBe(true);
    }),
  );
});
