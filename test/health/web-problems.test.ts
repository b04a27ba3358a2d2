import { describe, expect, test } from "vitest";
import { judge } from "../../src/health/problems.ts";
import type { State } from "../../src/health/state.ts";
import type { TracesSeen, WebMeasured, WebToldMeasured } from "../../src/history/traces-measurement.ts";
import { healthy, traced } from "../report/measurements.ts";
import { subjectOf } from "./subject.ts";

const verdict = (web: WebMeasured, changes: Partial<TracesSeen> = {}) =>
  judge(
    subjectOf(healthy({ traces: { ...traced(), folder: null, ...changes, web } }), {
      wanted: { swap: false, engine: "resilio" },
      engineTitle: "Resilio Sync",
      family: [{ name: "mom", engine: "resilio" }],
    }),
  );
const told: WebToldMeasured = {
  kind: "told",
  version: "3.1.2",
  state: "synced",
  why: null,
  need: { files: 0, bytes: 0 },
  peers: [{ name: "home", connected: true }],
};

describe("a node whose web interface says that its folder", () => {
  test.each<[WebToldMeasured["state"], State, string[]]>([
    ["synced", "ok", []],
    ["receiving", "syncing", ["W-SYNC-WORKING"]],
    ["sending", "syncing", ["W-SYNC-WORKING"]],
    ["syncing", "syncing", ["W-SYNC-WORKING"]],
    ["indexing", "syncing", ["W-SYNC-WORKING"]],
    ["incomplete", "behind", ["W-SYNC-WAITING"]],
    ["paused", "degraded", ["W-SYNC-PAUSED"]],
    ["stopped", "degraded", ["W-SYNC-PAUSED"]],
    ["alone", "degraded", ["W-SYNC-ALONE"]],
    ["error", "degraded", ["W-SYNC-ERROR"]],
    ["not-set-up", "degraded", ["W-FOLDER-NOT-SHARED"]],
    ["unknown", "ok", ["W-SYNC-UNKNOWN"]],
  ])("is %s", (state, expected, codes) => {
    const { state: found, problems } = verdict({ ...told, state });
    expect([found, problems.map(({ code }) => code)]).toEqual([expected, codes]);
  });

  test("is short of files has them counted", () => {
    const { problems } = verdict({ ...told, state: "receiving", need: { files: 1234, bytes: 2048 } });
    expect(problems[0]?.message).toBe("Resilio Sync is receiving; 1,234 files to get (2.0 KiB)");
  });

  test("is synced, while its mark is missing, is told as lost alone", () => {
    const { state, problems } = verdict({ ...told, state: "alone" }, { identity: "missing" });
    expect([state, problems.map(({ code }) => code)]).toEqual(["degraded", ["W-FOLDER-LOST"]]);
  });
});

describe("a node whose web interface was asked in vain", () => {
  test.each([
    ["E-ENGINE-DOWN", "degraded", "W-SYNC-SILENT"],
    ["E-TIMED-OUT", "degraded", "W-SYNC-SILENT"],
    ["E-ENGINE-KEY", "ok", "W-SYNC-UNKNOWN"],
    ["E-ENGINE-ANSWER", "ok", "W-SYNC-UNKNOWN"],
  ])("with %s is %s", (code, state, problem) => {
    const found = verdict({ kind: "silent", code, why: "x", hint: null });
    expect([found.state, found.problems.map((each) => each.code)]).toEqual([state, [problem]]);
  });
});
