import { expect, test } from "vitest";
import type { Measurement } from "../../src/history/measurement.ts";
import type { SyncTold } from "../../src/history/sync-measurement.ts";
import type { TracesSeen, WebToldMeasured } from "../../src/history/traces-measurement.ts";
import { engineCell } from "../../src/report/engine-cell.ts";
import { counts, GiB, healthy, inSync, peer, traced } from "./measurements.ts";

const none = { files: 0, folders: 0, symlinks: 0, bytes: 0, deletes: 0 };
const lostIn = { path: "/x/sync.log", at: null, lost: "mutex file not found", error: null };
const off = { ...inSync(), inSync: false };

test.each<[string, Partial<SyncTold>, string, string]>([
  ["idle, with nothing to do", inSync(), "in sync", "in-sync"],
  [
    "42 files short",
    { need: { ...none, files: 40, folders: 2, bytes: 1.2 * GiB } },
    "42 to get, 1.2GiB",
    "42-to-get,1.2GiB",
  ],
  ["short of many", { need: { ...none, symlinks: 1234 } }, "1,234 to get", "1234-to-get"],
  ["about to delete", { need: { ...none, deletes: 3 } }, "3 to delete", "3-to-delete"],
  ["unable to bring two", { failed: 2 }, "2 failed", "2-failed"],
  ["scanning", { state: "scanning" }, "scanning", "scanning"],
  ["in error", { state: "error", peers: [] }, "error", "error"],
  ["paused", { state: "paused", need: null }, "paused", "paused"],
  ["without the folder", { state: "not-set-up" }, "not paired", "not-paired"],
  ["shared with nobody", { peers: [] }, "not paired", "not-paired"],
  ["alone", { peers: [peer("home", { reach: "none" })] }, "alone", "alone"],
  ["waiting for a word", {}, "not in sync", "not-in-sync"],
  ["not understood", { state: "unknown", need: null }, "unknown", "unknown"],
])("a Syncthing that is %s", (_, changes, text, plain) => {
  const cell = engineCell(healthy({ sync: { ...off, ...changes } }), "human");
  expect([cell.text, cell.plain ?? cell.text]).toEqual([text, plain]);
});

test.each<[string, Partial<Measurement>, string]>([
  ["that does not run", { sync: inSync(), engine: stopped() }, "stopped"],
  ["that is not ours", { sync: { kind: "none" } }, "not paired"],
  ["that does not answer", { sync: { kind: "silent", code: "x", why: "x", hint: null } }, "no answer"],
  ["that is closed to us", { sync: { kind: "closed", code: "x", why: "x", hint: null } }, "on 83.1 MiB"],
  ["that nobody asked", {}, "on 83.1 MiB"],
])("an engine %s", (_, changes, text) => {
  expect(engineCell(healthy(changes), "human").text).toBe(text);
});

test.each<[string, Partial<TracesSeen>, number, string, string]>([
  ["nothing wrong", {}, 0, "running", "running"],
  ["files in flight", {}, 1234, "receiving 1,234", "receiving-1234"],
  ["no mark, and files in flight", { identity: "missing" }, 3, "folder lost", "folder-lost"],
  ["a mark that it has missed", { log: lostIn }, 0, "folder lost", "folder-lost"],
  ["other folders than ours", { folder: false, identity: "missing" }, 0, "not its folder", "not-its-folder"],
  ["a mark that nobody can see", { identity: "unknown", log: null, folder: null }, 0, "running", "running"],
])("a btsync by its traces: %s", (_, changes, inFlight, text, plain) => {
  const held = { ...counts(3, 3), inFlight };
  const cell = engineCell(healthy({ traces: { ...traced(), ...changes }, counts: held }), "human");
  expect([cell.text, cell.plain ?? cell.text]).toEqual([text, plain]);
});

test.each<[string, Measurement["engine"], string]>([
  ["does not run", stopped(), "stopped"],
  ["left nothing that can be seen", healthy().engine, "on 83.1 MiB"],
])("a btsync that %s", (_, engine, text) => {
  const traces = engine?.running === true ? ({ kind: "unseen", why: "x", hint: null } as const) : traced();
  expect(engineCell(healthy({ engine, traces }), "human").text).toBe(text);
});

const told: WebToldMeasured = {
  kind: "told",
  version: null,
  state: "synced",
  why: null,
  need: null,
  peers: [],
};
test.each<[string, TracesSeen["web"], string]>([
  ["in sync", told, "in sync"],
  [
    "to be short of files",
    { ...told, state: "incomplete", need: { files: 3, bytes: 2048 } },
    "3 to get, 2.0KiB",
  ],
  ["to be short of files, alone", { ...told, state: "alone", need: { files: 3, bytes: 2048 } }, "alone"],
  ["to send", { ...told, state: "sending" }, "sending"],
  ["in error", { ...told, state: "error" }, "error"],
  ["without the folder", { ...told, state: "not-set-up" }, "not its folder"],
  ["in a way that is not understood", { ...told, state: "unknown" }, "unknown"],
  ["nowhere", { kind: "silent", code: "E-ENGINE-DOWN", why: "x", hint: null }, "no answer"],
  ["to nobody with that login", { kind: "silent", code: "E-ENGINE-KEY", why: "x", hint: null }, "running"],
])("a Resilio that says to be %s", (_, web, text) => {
  expect(engineCell(healthy({ traces: { ...traced(), folder: null, web } }), "human").text).toBe(text);
});

test("bytes are exact where that is asked for", () => {
  const sync = { ...off, need: { ...none, files: 1, bytes: 1_234_567 } };
  expect(engineCell(healthy({ sync }), "exact").text).toBe("1 to get, 1234567");
});

function stopped(): Measurement["engine"] {
  return { ...(healthy().engine as NonNullable<Measurement["engine"]>), running: false };
}
