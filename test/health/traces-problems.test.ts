import { describe, expect, test } from "vitest";
import { judge } from "../../src/health/problems.ts";
import type { Measurement } from "../../src/history/measurement.ts";
import type { TracesMeasured, TracesSeen } from "../../src/history/traces-measurement.ts";
import { healthy, traced } from "../report/measurements.ts";
import { subjectOf } from "./subject.ts";

const verdict = (traces: TracesMeasured, changes: Partial<Measurement> = {}) =>
  judge(
    subjectOf(healthy({ traces, engine: btsync(true), ...changes }), {
      wanted: { swap: false, engine: "btsync" },
      engineTitle: "BitTorrent Sync",
      family: [{ name: "mom", engine: "btsync" }],
    }),
  );
const path = "/media/btsync/.pimesh/btsync/sync.log";
const log = { path, at: 1, lost: null, error: null };
const missed = "[20261129 10:00:01.003] MUTEX[/media/btsync/btsync]: mutex file not found";
const full = "[20261129 10:00:01.003] Error: no space left on device";

describe("a node whose btsync", () => {
  test.each<[string, Partial<TracesSeen>, string, string[]]>([
    ["has left nothing that speaks against it", {}, "ok", []],
    ["has a mark that nobody may see", { identity: "unknown" }, "ok", []],
    ["has a log that nobody may see", { log: null }, "ok", []],
    ["has folders that stand nowhere", { folder: null }, "ok", []],
    ["has lost its mark", { identity: "missing" }, "degraded", ["W-FOLDER-LOST"]],
    ["has missed its mark since its start", { log: { ...log, lost: missed } }, "degraded", ["W-FOLDER-LOST"]],
    ["has another folder than ours", { folder: false }, "degraded", ["W-FOLDER-NOT-SHARED"]],
    [
      "has another folder than ours, in which it has no mark either",
      { folder: false, identity: "missing" },
      "degraded",
      ["W-FOLDER-NOT-SHARED"],
    ],
    ["has a pid file of another", { pid: "other" }, "ok", ["W-ENGINE-PID"]],
    ["has no pid file", { pid: "none" }, "ok", []],
    ["names an error", { log: { ...log, error: full } }, "ok", ["W-ENGINE-LOG"]],
  ])("%s", (_, changes, state, codes) => {
    const { state: found, problems } = verdict({ ...traced(), ...changes });
    expect([found, problems.map(({ code }) => code)]).toEqual([state, codes]);
  });

  test("cannot be seen is no worse for it, and told with the reason", () => {
    const { state, problems } = verdict({ kind: "unseen", why: "it has no log", hint: null });
    expect(state).toBe("ok");
    expect(problems).toEqual([
      {
        code: "W-SYNC-UNKNOWN",
        message: "how its BitTorrent Sync does is not known: it has no log",
        try: "ssh pi@mom systemctl status btsync.service",
        kind: "aside",
      },
    ]);
  });

  test("has stopped has its last words told, and nothing that only a running one can lack", () => {
    const { problems } = verdict(
      { ...traced(), identity: "missing", pid: "other", log: { ...log, lost: missed, error: full } },
      { engine: btsync(false) },
    );
    expect(problems.map(({ code }) => code)).toEqual(["W-ENGINE-STOPPED", "W-ENGINE-LOG"]);
    expect(problems[1]).toMatchObject({ try: `ssh pi@mom sudo tail ${path}` });
  });

  test.each([
    ["btsync.service", "ssh pi@mom sudo systemctl restart btsync.service"],
    ["/etc/init.d/btsync", "ssh pi@mom sudo /etc/init.d/btsync restart"],
    [null, `ssh pi@mom sudo tail ${path}`],
  ])("has its mark again is to be started anew (%s)", (unit, command) => {
    const { problems } = verdict(
      { ...traced(), log: { ...log, lost: missed } },
      { engine: { ...btsync(true), unit } },
    );
    expect(problems[0]).toMatchObject({ try: command, message: expect.stringContaining(missed) as string });
  });

  test("left something behind on a disk that is away is not judged by it", () => {
    const disk = { ...healthy().disk, state: "absent" as const };
    const { problems } = verdict({ ...traced(), identity: "missing" }, { disk });
    expect(problems.map(({ code }) => code)).not.toContain("W-FOLDER-LOST");
  });
});

function btsync(running: boolean): NonNullable<Measurement["engine"]> {
  return { kind: "btsync", running, memory: null, unit: "btsync.service", unitState: "active" };
}
