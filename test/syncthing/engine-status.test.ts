import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { folderAnswer } from "../../src/syncthing/config-answer.ts";
import { engineStatus, type EngineStatus } from "../../src/syncthing/engine-status.ts";
import {
  completionAnswer,
  connectionsAnswer,
  dbStatusAnswer,
  devicesAnswer,
  deviceStatsAnswer,
  type StatusAnswers,
} from "../../src/syncthing/status-answer.ts";

/** As 1.19.2 says it of a folder with one file, one folder and one symlink [ran]: no `error`, no `watchError`. */
const idle = {
  errors: 0,
  globalBytes: 259,
  globalDeleted: 0,
  globalDirectories: 1,
  globalFiles: 1,
  globalSymlinks: 1,
  globalTotalItems: 3,
  ignorePatterns: false,
  inSyncBytes: 259,
  inSyncFiles: 1,
  invalid: "",
  localBytes: 259,
  localDeleted: 0,
  localDirectories: 1,
  localFiles: 1,
  localSymlinks: 1,
  localTotalItems: 3,
  needBytes: 0,
  needDeletes: 0,
  needDirectories: 0,
  needFiles: 0,
  needSymlinks: 0,
  needTotalItems: 0,
  pullErrors: 0,
  sequence: 3,
  state: "idle",
  stateChanged: "2026-11-29T09:44:56Z",
  version: 3,
};

const done = {
  completion: 100,
  globalBytes: 259,
  globalItems: 3,
  needBytes: 0,
  needDeletes: 0,
  needItems: 0,
  sequence: 3,
};

const at = "2026-11-29T09:44:56Z";

test("what is idle, needs nothing and has a peer at the line is in sync", () => {
  expect(status({})).toMatchObject({ state: "idle", inSync: true, why: undefined, error: undefined });
});

test("of the byte figures 128 for each folder and symlink are taken off", () => {
  const seen = status({
    status: { ...idle, needBytes: 1000, needFiles: 1, needDirectories: 2, needTotalItems: 3 },
  });
  expect(seen.local).toEqual({ files: 1, folders: 1, symlinks: 1, bytes: 3 });
  expect(seen.global?.bytes).toBe(3);
  expect(seen.need).toEqual({ files: 1, folders: 2, symlinks: 0, bytes: 744, deletes: 0 });
});

describe("it is not in sync", () => {
  test.each<[string, Partial<Given>]>([
    [
      "3 items are still to come or to go",
      { status: { ...idle, needFiles: 2, needDeletes: 1, needTotalItems: 3 } },
    ],
    ["1 item is still to come or to go", { status: { ...idle, needTotalItems: 1 } }],
    ["1 item is still to come or to go", { status: { ...idle, needDeletes: 1 } }],
    ["2 items could not be brought", { status: { ...idle, errors: 2 } }],
    ["the folder is syncing", { status: { ...idle, state: "sync-preparing" } }],
    ["the folder is scanning", { status: { ...idle, state: "scan-waiting" } }],
    [
      "the folder is in error: folder marker missing",
      { status: { ...idle, state: "error", error: "folder marker missing" } },
    ],
    ["the folder is in error", { status: { ...idle, state: "error" } }],
    // A bad line in .stignore
    ["the folder is in error: loading ignores: x", { status: { ...idle, error: "loading ignores: x" } }],
    ["Syncthing does not say how the folder stands", { status: { ...idle, state: "" } }],
    ["Syncthing does not say how the folder stands", { status: { ...idle, state: "dancing" } }],
    ["Syncthing does not say how the folder stands", { status: undefined }],
    ["Syncthing does not say what the folder needs", { status: { ...idle, needDeletes: null } }],
    ["Syncthing does not say what the folder needs", { status: { state: "idle" } }],
    ["the folder is paused", { folder: { paused: true } }],
    ["Syncthing has no such folder", { folder: undefined }],
    ["the folder is shared with nobody", { folder: { devices: [{ deviceID: "SELF" }] } }],
    ["no peer is connected", { connections: { MOM: { connected: false, type: "" } } }],
    ["no peer is connected", { connections: {} }],
    ["no connected peer has said yet what it holds", { completion: { ...done, completion: 0, sequence: 0 } }],
    ["no connected peer has said yet what it holds", { completion: undefined }],
  ])("%s", (why, given) => {
    expect(status(given)).toMatchObject({ inSync: false, why });
  });
});

test("a paused folder says nothing, where Syncthing says zeros", () => {
  const zeros = Object.fromEntries(
    Object.entries(idle).map(([key, value]) => [key, typeof value === "number" ? 0 : ""]),
  );
  const seen = status({ folder: { paused: true }, status: zeros, completion: undefined });
  expect(seen).toMatchObject({ state: "paused", need: undefined, local: undefined, global: undefined });
});

test("while the folder is in error the completion of nobody is believed, but what was known of this disk is told", () => {
  const seen = status({ status: { ...idle, state: "error", error: "folder path missing" } });
  expect(seen.peers[0]?.progress).toBeUndefined();
  expect(seen).toMatchObject({ need: undefined, global: undefined, local: { files: 1 } });
});

describe("a peer", () => {
  test("is called as the inventory calls it, and the instance itself is none", () => {
    expect(status({}).peers.map(({ name }) => name)).toEqual(["mom"]);
    expect(status({}, new Map([["MOM", "the Pi of mom"]])).peers[0]?.name).toBe("the Pi of mom");
    expect(status({ devices: [{ deviceID: "MOM" }] }).peers[0]?.name).toBe("MOM");
  });

  test.each([
    ["tcp-client", "direct"],
    ["quic-server", "direct"],
    ["relay-client", "relay"],
    ["relay-server", "relay"],
  ])("with a connection of type %s is reached: %s", (type, reach) => {
    expect(status({ connections: { MOM: { connected: true, paused: false, type } } }).peers[0]?.reach).toBe(
      reach,
    );
  });

  test.each([
    [at, Date.parse(at)],
    ["1970-01-01T00:00:00Z", undefined],
    ["0001-01-01T00:00:00Z", undefined],
    ["", undefined],
  ])("last seen %j is %s", (lastSeen, time) => {
    expect(status({ stats: { MOM: { lastSeen } } }).peers[0]?.lastSeen).toBe(time);
  });

  test("that lacks something is told with what it lacks", () => {
    const completion = { ...done, completion: 87.5, needItems: 12, needBytes: 4096, needDeletes: 3 };
    expect(status({ completion }).peers[0]?.progress).toEqual({
      percent: 87.5,
      items: 12,
      bytes: 4096,
      deletes: 3,
    });
  });

  test.each([
    ["has never said what it holds", { completion: { ...done, completion: 0, sequence: 0 } }],
    ["is paused here", { devices: [{ deviceID: "MOM", name: "mom", paused: true }] }],
    ["has paused the folder", { completion: { ...done, remoteState: "paused" } }],
    ["does not share the folder", { completion: { ...done, remoteState: "notSharing" } }],
  ])("that %s has no progress", (_what, given) => {
    expect(status(given).peers[0]?.progress).toBeUndefined();
  });

  test("of 1.20 and later that is fine says so", () => {
    expect(status({ completion: { ...done, remoteState: "valid" } }).peers[0]?.progress?.percent).toBe(100);
  });
});

test("whatever Syncthing says, in sync means idle, nothing needed and no error", () => {
  const value = fc.constantFrom(undefined, null, 0, 0, 0, 1);
  const anyStatus = fc.record({
    state: fc.constantFrom("idle", "idle", "error", "syncing", "", "x"),
    error: fc.constantFrom(undefined, "", "bad"),
    needFiles: value,
    needDirectories: value,
    needSymlinks: value,
    needBytes: value,
    needDeletes: value,
    needTotalItems: value,
    errors: value,
    pullErrors: value,
  });
  fc.assert(
    fc.property(anyStatus, fc.boolean(), fc.boolean(), (said, paused, connected) => {
      const seen = status({
        status: said,
        folder: { paused },
        connections: { MOM: { connected, type: "tcp-client" } },
      });
      if (!seen.inSync) return;
      expect(said.state).toBe("idle");
      expect([said.error ?? "", said.needTotalItems ?? 0, said.errors ?? 0, said.pullErrors ?? 0]).toEqual([
        "",
        0,
        0,
        0,
      ]);
      expect([said.needFiles, said.needDirectories, said.needSymlinks, said.needDeletes]).toEqual([
        0, 0, 0, 0,
      ]);
      expect([paused, connected]).toEqual([false, true]);
    }),
  );
});

interface Given {
  readonly status: unknown;
  readonly folder: object | undefined;
  readonly connections: object;
  readonly stats: object;
  readonly completion: unknown;
  readonly devices: readonly object[];
}

/** What an instance with one peer says, read as its answers are. */
function status(given: Partial<Given>, names: ReadonlyMap<string, string> = new Map()): EngineStatus {
  const folder = { id: "f", devices: [{ deviceID: "MOM" }, { deviceID: "SELF" }] };
  const all: Given = {
    status: idle,
    folder: {},
    connections: {
      MOM: { connected: true, paused: false, type: "tcp-client" },
      SELF: { connected: false, type: "" },
    },
    stats: { MOM: { lastSeen: at } },
    completion: done,
    devices: [{ deviceID: "MOM", name: "mom" }, { deviceID: "SELF" }],
    ...given,
  };
  const answers: StatusAnswers = {
    self: "SELF",
    version: "v1.19.2-ds1",
    devices: devicesAnswer.parse(all.devices),
    folder: all.folder === undefined ? undefined : folderAnswer.parse({ ...folder, ...all.folder }),
    status: all.status === undefined ? undefined : dbStatusAnswer.parse(all.status),
    connections: connectionsAnswer.parse({ connections: all.connections }).connections,
    stats: deviceStatsAnswer.parse(all.stats),
    completions: { MOM: all.completion === undefined ? undefined : completionAnswer.parse(all.completion) },
  };
  return engineStatus(answers, names);
}
