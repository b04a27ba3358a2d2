import { describe, expect, test } from "vitest";
import { traceWords, type Traces } from "../../src/btsync/traces.ts";

const tree = "/media/btsync/btsync";
const found: Traces = {
  config: "/etc/pimesh/btsync.conf",
  text: `{ // mine
    "storage_path": "/media/btsync/.pimesh/btsync/",
    "shared_folders": [{ "secret": "***", "dir": "${tree}/" }],
  }`,
  storage: "/media/btsync/.pimesh/btsync",
  pid: "right",
  started: "20261129 10:00:00",
  log: { at: 1, identity: [], errors: [] },
  marks: [".SyncID"],
};
const words = (changes: Partial<Traces>, engine: "btsync" | "resilio" = "btsync") =>
  traceWords({ ...found, ...changes }, { engine, tree });
const log = (identity: string[], errors: string[] = []): Partial<Traces> => ({
  log: { at: 1, identity, errors },
});

test("an engine with folder, mark and pid file has nothing against it", () => {
  expect(words({})).toEqual({
    config: found.config,
    folder: true,
    identity: "there",
    pid: "right",
    access: { kind: "off", why: "is off, since the folders stand in the configuration" },
    log: { path: "/media/btsync/.pimesh/btsync/sync.log", at: 1, lost: null, error: null },
  });
});

describe("the tree", () => {
  test.each<[string, string, boolean | null]>([
    ["is no folder of a configuration that has others", `{ "shared_folders": [{ "dir": "/srv" }] }`, false],
    ["may be one that was added in the web interface", `{ "webui": {} }`, null],
    ["may be one as well where the list is empty", `{ "shared_folders": [] }`, null],
  ])("%s", (_, text, folder) => {
    expect(words({ text, storage: "" })).toMatchObject({ folder });
  });

  test.each<[string, "btsync" | "resilio", Traces["marks"], string]>([
    ["of 1.4 by its mark", "btsync", [".sync/ID"], "there"],
    ["of an upgrade by both", "btsync", [".SyncID", ".sync/ID"], "there"],
    ["of Resilio by its own mark", "resilio", [".sync/ID"], "there"],
    ["of Resilio not by that of an old btsync", "resilio", [".SyncID"], "missing"],
    ["without a mark", "btsync", [], "missing"],
    ["that nobody may enter", "btsync", "closed", "unknown"],
  ])("%s", (_, engine, marks, identity) => {
    expect(words({ marks }, engine)).toMatchObject({ identity });
  });
});

describe("a log", () => {
  const missing = `MUTEX[${tree}]: mutex file not found`;
  test.each<[string, string[], string | null]>([
    [
      "says that the mark was missed",
      [`[20261129 10:00:01.003] ${missing}`],
      `[20261129 10:00:01.003] ${missing}`,
    ],
    ["says it of another folder", ["[20261129 10:00:01.003] MUTEX[/srv/x]: mutex file not found"], null],
    ["has said it before the start", [`[20261129 09:59:59.003] ${missing}`], null],
    [
      "says it with dashes in the date",
      [`[2026-11-29 10:00:01] ${missing}`],
      `[2026-11-29 10:00:01] ${missing}`,
    ],
    ["says it without a time, and is believed", [missing], missing],
    [
      "says that the check has failed",
      ["[20261129 10:00:01.003] FC[7507]: Mutex file check failed with error : 103"],
      "[20261129 10:00:01.003] FC[7507]: Mutex file check failed with error : 103",
    ],
    ["speaks of a mutex in another way", ["[20261129 10:00:01.003] mutex taken"], null],
  ])("%s", (_, identity, lost) => {
    expect(words(log(identity))).toMatchObject({ log: { lost } });
  });

  test("is believed whole where nobody knows when the engine was started", () => {
    const line = `[20201129 09:59:59.003] ${missing}`;
    expect(words({ ...log([line]), started: undefined })).toMatchObject({ log: { lost: line } });
  });

  test("has no key in what is shown of it, and nothing that moves a cursor", () => {
    const line = "[20261129 10:00:01.003] Error \u001b[2J adding ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
    expect(words(log([], [line]))).toMatchObject({
      log: { error: "[20261129 10:00:01.003] Error  [2J adding ***" },
    });
  });

  test("is not told where the node took another place for the database's", () => {
    expect(words({ storage: "/media/btsync/other" })).toMatchObject({ log: null, pid: "unknown" });
  });
});

test("a configuration that is no JSON is a problem that does not repeat it", () => {
  expect(words({ text: '{ "webui": { "password": "of-the-user", }, oops' })).toEqual({
    problem: expect.not.stringContaining("of-the-user") as string,
  });
});
