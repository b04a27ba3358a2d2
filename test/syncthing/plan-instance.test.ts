import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Config, Pending } from "../../src/syncthing/config-answer.ts";
import { nothingPaired, type Paired } from "../../src/syncthing/paired.ts";
import { planInstance, type InstancePlan } from "../../src/syncthing/plan-instance.ts";
import type { DeviceWish, Wish } from "../../src/syncthing/wish.ts";
import { changed, freshConfig, self } from "./support/config-model.ts";

const mom = device("MOM", "mom", ["tcp://mom.example.org:22000", "dynamic"]);
const grandma = device("GRANDMA", "grandma", ["dynamic"]);
const stranger = device("STRANGER", "somebody's phone", ["dynamic"]);

const wish: Wish = {
  whose: "ours",
  name: "home",
  folder: {
    id: "pimesh-btsync",
    label: "btsync",
    path: "/media/btsync/btsync",
    marker: ".stfolder/pimesh-1234-abcd",
    fileSystem: "ext4",
  },
  devices: [mom, grandma],
  unheard: [],
  known: ["MOM", "GRANDMA"],
  memory: "small",
  rates: { up: 900 * 1024, down: undefined },
};

const nobody: Pending = { devices: {}, folders: {} };

describe("a fresh instance of ours", () => {
  const { config, plan } = settle(freshConfig(), wish);
  const folder = config.folders[0] as Record<string, unknown>;

  test("tells nobody about itself and brings no versions by itself", () => {
    expect(config.options).toMatchObject({
      urAccepted: -1,
      crashReportingEnabled: false,
      autoUpgradeIntervalH: 0,
      startBrowser: false,
    });
  });

  test("is given the low-memory profile and the upload limit of the inventory", () => {
    expect(config.options).toMatchObject({
      maxFolderConcurrency: 1,
      maxConcurrentIncomingRequestKiB: 32_768,
      progressUpdateIntervalS: -1,
      databaseTuning: "small",
      maxSendKbps: 900,
      maxRecvKbps: 0,
    });
    expect(folder).toMatchObject({
      copiers: 1,
      hashers: 1,
      pullerMaxPendingKiB: 16_384,
      scanProgressIntervalS: -1,
    });
  });

  test("lets the family in, and nobody through them", () => {
    expect(config.devices.slice(1)).toMatchObject([
      { deviceID: "MOM", name: "mom", addresses: mom.addresses, introducer: false, autoAcceptFolders: false },
      { deviceID: "GRANDMA", name: "grandma", introducer: false, autoAcceptFolders: false },
    ]);
    expect(config.devices[0]?.name).toBe("home");
    expect(plan.paired.devices.map(({ id }) => id)).toEqual(["MOM", "GRANDMA"]);
  });

  test("shares the tree under our marker, with a trash can of 30 days", () => {
    expect(folder).toMatchObject({
      id: "pimesh-btsync",
      path: "/media/btsync/btsync",
      type: "sendreceive",
      markerName: ".stfolder/pimesh-1234-abcd",
      versioning: { type: "trashcan", params: { cleanoutDays: "30" }, cleanupIntervalS: 3600 },
      maxConflicts: 10,
      minDiskFree: { value: 1, unit: "%" },
      fsWatcherEnabled: true,
      ignorePerms: false,
      caseSensitiveFS: true,
    });
    expect(members(config)).toEqual([self, "MOM", "GRANDMA"]);
  });

  test("asks for the marker before the folder is made, and knows the members by then", () => {
    const at = plan.changes.findIndex(({ path }) => path === "/rest/config/folders");
    expect(plan.changes[at]?.needsMarker).toBe(true);
    const before = plan.changes.slice(0, at).map(({ path }) => path);
    expect(before.filter((path) => path === "/rest/config/devices")).toHaveLength(2);
  });
});

test("a board with enough memory keeps Syncthing's own settings", () => {
  const { config } = settle(freshConfig(), { ...wish, memory: "ordinary" });
  expect(config.options).toMatchObject({ databaseTuning: "auto", maxFolderConcurrency: 0 });
  expect(config.folders[0]).toMatchObject({ copiers: 0, hashers: 0 });
});

test("a disk that moves to a board with more memory loses the low-memory profile, but not a person's own value", () => {
  const small = settle(freshConfig(), wish);
  small.config.options["maxFolderConcurrency"] = 2;
  const { config } = settle(small.config, { ...wish, memory: "ordinary" }, small.plan.paired);
  expect(config.options).toMatchObject({ databaseTuning: "auto", maxFolderConcurrency: 2 });
  expect(config.folders[0]).toMatchObject({ copiers: 0 });
});

test("trixie's Syncthing is told to make one connection to each where memory is scarce, which bookworm's does anyway", () => {
  expect(settle(freshConfig("1.29.5"), wish).config.devices[1]).toMatchObject({ numConnections: 1 });
  expect(settle(freshConfig(), wish).config.devices[1]).not.toHaveProperty("numConnections");
});

test("settings of 2.x that 1.19.2 does not have are set where they exist, and those that are gone are not", () => {
  const fresh = freshConfig();
  delete fresh.options["databaseTuning"];
  Object.assign(fresh.defaults?.device ?? {}, { numConnections: 0 });
  Object.assign(fresh.defaults?.folder ?? {}, { blockIndexing: true });
  const { config, plan } = settle(fresh, wish);
  expect(config.devices[1]).toMatchObject({ numConnections: 1 });
  expect(config.folders[0]).toMatchObject({ blockIndexing: false });
  expect(JSON.stringify(plan.changes)).not.toContain("databaseTuning");
  expect(JSON.stringify(settle(freshConfig(), wish).plan.changes)).not.toMatch(
    /numConnections|blockIndexing/,
  );
});

describe("the user's own Syncthing on the laptop", () => {
  const theirs: Wish = {
    ...wish,
    whose: "theirs",
    name: "laptop",
    rates: { up: undefined, down: undefined },
  };

  test("is given the family and the folder, and nothing else", () => {
    const fresh = freshConfig();
    const { config } = settle(fresh, theirs);
    expect(config.options).toEqual(fresh.options);
    expect(config.gui).toEqual(fresh.gui);
    expect(config.devices[0]).toEqual(fresh.devices[0]);
    expect(config.folders[0]).toMatchObject({ copiers: 0, markerName: ".stfolder/pimesh-1234-abcd" });
  });

  test("on a file system without modes does not try to keep them", () => {
    const { config } = settle(freshConfig(), { ...theirs, folder: { ...wish.folder, fileSystem: "exfat" } });
    expect(config.folders[0]).toMatchObject({ ignorePerms: true, caseSensitiveFS: false });
  });

  test("that shares the tree under an ID of its own is left alone, and told", () => {
    const fresh = withFolder(freshConfig(), { id: "own", label: "Pictures", path: "~/btsync/" });
    const plan = planInstance(
      { self, tilde: "/home/ann", config: fresh, pending: nobody, stopped: undefined, remembered: undefined },
      { ...theirs, folder: { ...wish.folder, path: "/home/ann/btsync" } },
      nothingPaired,
    );
    expect(plan.changes.filter(({ path }) => path.startsWith("/rest/config/folders"))).toEqual([]);
    expect(plan.findings).toMatchObject([
      { kind: "same-place", text: expect.stringContaining('"Pictures"') as string },
    ]);
  });
});

describe("who is no longer of the family", () => {
  const before = settle(freshConfig(), wish);

  test("is unpaired, and the folder is not shared with it any more", () => {
    const { config, plan } = settle(before.config, { ...wish, devices: [grandma] }, before.plan.paired);
    expect(plan.changes).toMatchObject([{ method: "DELETE", path: "/rest/config/devices/MOM" }]);
    expect(config.devices.map(({ deviceID }) => deviceID)).toEqual([self, "GRANDMA"]);
    expect(members(config)).toEqual([self, "GRANDMA"]);
    expect(plan.paired.devices.map(({ id }) => id)).toEqual(["GRANDMA"]);
  });

  test("is not who does not answer now: a node whose ID nobody knows today stays paired", () => {
    const { config, plan } = settle(
      before.config,
      { ...wish, devices: [grandma], unheard: ["mom"] },
      before.plan.paired,
    );
    expect(plan.changes).toEqual([]);
    expect(members(config)).toEqual([self, "MOM", "GRANDMA"]);
    expect(settle(config, { ...wish, devices: [grandma] }, plan.paired).plan.changes).toHaveLength(1);
  });

  test("is replaced where its hardware is new: another ID under the same name", () => {
    const anew = device("MOM2", "mom", ["dynamic"]);
    const { config } = settle(before.config, { ...wish, devices: [anew, grandma] }, before.plan.paired);
    expect(config.devices.map(({ deviceID }) => deviceID)).toEqual([self, "GRANDMA", "MOM2"]);
    expect(members(config)).toEqual([self, "GRANDMA", "MOM2"]);
  });

  test("is never one that pimesh has paired on another machine: that is told, and stays in the folder", () => {
    const other = device("LAPTOP2", "laptop", ["dynamic"]);
    const there = settle(freshConfig(), { ...wish, devices: [mom, other] });
    const { config, plan } = settle(there.config, { ...wish, devices: [mom] }, there.plan.paired);
    expect(plan.changes).toEqual([]);
    expect(members(config)).toEqual([self, "MOM", "LAPTOP2"]);
    expect(plan.findings).toEqual([
      {
        kind: "kept",
        text: "laptop (LAPTOP2) was paired by pimesh on another machine, and stays: name it in the inventory, peers: { another-laptop: LAPTOP2 }, also before it is to go",
      },
    ]);
    const known = { ...wish, devices: [mom], known: ["MOM", "LAPTOP2"] };
    expect(members(settle(config, known, plan.paired).config)).toEqual([self, "MOM"]);
  });

  test("stays paired while a folder of the user's is shared with it, but not in ours", () => {
    const shared = withFolder(before.config, { id: "letters", path: "/l", devices: [{ deviceID: "MOM" }] });
    const { config, plan } = settle(shared, { ...wish, devices: [grandma] }, before.plan.paired);
    expect(members(config)).toEqual([self, "GRANDMA"]);
    expect(config.devices.map(({ deviceID }) => deviceID)).toContain("MOM");
    expect(plan.findings).toContainEqual(expect.objectContaining({ kind: "kept" }));
    expect(plan.paired.devices.map(({ id }) => id)).toContain("MOM");
  });
});

describe("strangers", () => {
  test("whom a person has let in are told, never taken out, and their share of the folder stays", () => {
    const before = settle(freshConfig(), wish);
    const config = withDevice(before.config, stranger);
    (config.folders[0] as { devices: unknown[] }).devices.push({
      deviceID: "STRANGER",
      encryptionPassword: "p",
    });
    const after = settle(config, { ...wish, devices: [grandma] }, before.plan.paired);
    expect(members(after.config)).toEqual([self, "GRANDMA", "STRANGER"]);
    expect(after.plan.findings.map(({ kind }) => kind)).toEqual(["stranger-in-our-folder"]);
  });

  test("who were there before us are told even when they carry the name of a node", () => {
    const config = withDevice(freshConfig(), device("OLD", "mom", ["dynamic"]));
    const { config: after, plan } = settle(config, wish);
    expect(after.devices.map(({ deviceID }) => deviceID)).toContain("OLD");
    expect(plan.findings).toMatchObject([
      { kind: "stranger", text: expect.stringContaining("mom (OLD)") as string },
    ]);
  });

  test("who knock are told and not let in, and cannot write on the screen", () => {
    const pending: Pending = {
      devices: {
        STRANGER: { name: "\u001B[2Jphone\n", address: "192.0.2.7:22000", time: "" },
        MOM: { name: "mom", address: "", time: "" },
      },
      folders: {
        secrets: { offeredBy: { MOM: { label: "mom's own" } } },
        "pimesh-btsync": { offeredBy: { MOM: { label: "btsync" }, STRANGER: { label: "btsync" } } },
      },
    };
    const plan = planInstance(
      { self, tilde: "", config: freshConfig(), pending, stopped: undefined, remembered: undefined },
      wish,
      nothingPaired,
    );
    expect(plan.findings.map(({ kind, text }) => [kind, text])).toEqual([
      ["stranger-knocks", "[2Jphone (STRANGE) asks from 192.0.2.7:22000 to be let in"],
      ["folder-offered", "mom offers the folder mom's own"],
      ["folder-offered", "the device STRANGE offers the folder btsync"],
    ]);
    expect(JSON.stringify(plan.changes)).not.toContain("STRANGER");
  });

  test("a node that a person has paired by hand is taken as it is, and is never ours to remove", () => {
    const config = withDevice(freshConfig(), { ...mom, name: "Mama", addresses: ["tcp://10.0.0.2:22000"] });
    const first = settle(config, wish);
    expect(first.config.devices[1]).toMatchObject({
      name: "Mama",
      addresses: ["tcp://mom.example.org:22000", "dynamic", "tcp://10.0.0.2:22000"],
    });
    const second = settle(first.config, { ...wish, devices: [grandma] }, first.plan.paired);
    expect(second.config.devices.map(({ deviceID }) => deviceID)).toContain("MOM");
    expect(second.plan.findings.map(({ kind }) => kind)).toEqual(["stranger-in-our-folder"]);
  });
});

test("an address that the inventory no longer has goes, one that a person has added stays", () => {
  const before = settle(freshConfig(), wish);
  before.config.devices[1]?.addresses.push("tcp://10.0.0.2:22000");
  const moved = device("MOM", "mom", ["tcp://new.example.org:22000", "dynamic"]);
  const { config } = settle(before.config, { ...wish, devices: [moved, grandma] }, before.plan.paired);
  expect(config.devices[1]?.addresses).toEqual([
    "tcp://new.example.org:22000",
    "dynamic",
    "tcp://10.0.0.2:22000",
  ]);
});

describe("a folder that Syncthing has stopped", () => {
  const before = settle(freshConfig(), wish);
  const planned = (why: string, wanted: Wish, config = before.config): InstancePlan =>
    planInstance(
      { self, tilde: "/home/pi", config, pending: nobody, stopped: why, remembered: undefined },
      wanted,
      before.plan.paired,
    );
  const gone = "folder marker missing (this indicates potential data loss)";

  test("for want of its marker gets a new one, once the disk was looked at", () => {
    const { changes, findings } = planned(gone, wish);
    expect(changes).toMatchObject([{ method: "POST", needsMarker: true }]);
    expect(changes[0]?.path).toBe("/rest/db/scan?folder=pimesh-btsync&sub=.stfolder&next=1");
    expect(findings).toEqual([]);
  });

  test("is bound to our marker once, where it has another one that is gone", () => {
    const config = structuredClone(before.config);
    for (const folder of config.folders) folder.markerName = ".stfolder";
    const { changes } = planned(gone, wish, config);
    expect(changes.map(({ path }) => path)).toEqual(["/rest/config/folders/pimesh-btsync"]);
  });

  test("on the laptop gets it as well", () => {
    expect(planned(gone, { ...wish, whose: "theirs" }).changes).toMatchObject([{ needsMarker: true }]);
  });

  test("for another reason is told and left alone", () => {
    const { changes, findings } = planned("folder path missing", wish);
    expect(changes).toEqual([]);
    expect(findings).toEqual([
      { kind: "stopped", text: "Syncthing has stopped btsync: folder path missing" },
    ]);
  });
});

describe("a folder of ours that is there", () => {
  const before = settle(freshConfig(), wish);
  const withSettings = (more: Record<string, unknown>): Config => {
    const config = structuredClone(before.config);
    Object.assign(config.folders[0] ?? {}, more);
    return config;
  };

  test("with the default marker is bound to ours before anything is paired", () => {
    const { plan } = settle(
      withSettings({ markerName: ".stfolder" }),
      { ...wish, devices: [mom, grandma, stranger] },
      before.plan.paired,
    );
    expect(plan.changes[0]).toMatchObject({
      method: "PATCH",
      body: { markerName: ".stfolder/pimesh-1234-abcd" },
      needsMarker: true,
    });
  });

  test("at another place is taken out and made anew, as it was but for its place", () => {
    const { config, plan } = settle(
      withSettings({ path: "/home/pi/Sync", paused: true, order: "newestFirst" }),
      wish,
      before.plan.paired,
    );
    expect(plan.changes.map(({ method, path, needsMarker }) => [method, path, needsMarker])).toEqual([
      ["DELETE", "/rest/config/folders/pimesh-btsync", undefined],
      ["POST", "/rest/config/folders", true],
    ]);
    expect(config.folders[0]).toMatchObject({
      path: "/media/btsync/btsync",
      paused: true,
      order: "newestFirst",
    });
    expect(members(config)).toEqual([self, "MOM", "GRANDMA"]);
  });

  test("that was bound to another disk is made anew: that disk's files must not be missed on this one", () => {
    const { plan } = settle(
      withSettings({ markerName: ".stfolder/pimesh-of-the-old-disk" }),
      wish,
      before.plan.paired,
    );
    expect(plan.changes.map(({ method, needsMarker }) => [method, needsMarker])).toEqual([
      ["DELETE", undefined],
      ["POST", true],
    ]);
  });

  test.each(["/media/btsync/btsync/", "/media//btsync/./btsync", "~/btsync"])(
    "at %s is where it should be",
    (path) => {
      const state = {
        self,
        tilde: "/media/btsync",
        config: withSettings({ path }),
        pending: nobody,
        stopped: undefined,
        remembered: undefined,
      };
      expect(planInstance(state, wish, before.plan.paired).changes).toEqual([]);
    },
  );

  test("that is paused stays so, and that is told", () => {
    const { plan } = settle(withSettings({ paused: true }), wish, before.plan.paired);
    expect(plan.changes).toEqual([]);
    expect(plan.findings).toEqual([{ kind: "kept", text: "btsync is paused, and stays so" }]);
  });

  test.each([
    [{ maxConflicts: -1 }],
    [{ maxConflicts: 50 }],
    [{ minDiskFree: { value: 10, unit: "%" } }],
    [{ minDiskFree: { value: 5, unit: "GB" } }],
    [{ versioning: { type: "trashcan", params: { cleanoutDays: "0" }, fsPath: "" } }],
    [{ versioning: { type: "trashcan", params: { cleanoutDays: "365" } } }],
    [{ versioning: { type: "simple", params: { keep: "5" } } }],
    [{ versioning: { type: "staggered", params: {} } }],
    [{ versioning: { type: "staggered", params: { maxAge: "0" } } }],
    [{ ignorePerms: true }],
    [{ order: "alphabetic", rescanIntervalS: 60 }],
    [{ type: "receiveonly" }],
    [{ hashers: 2 }],
  ])("with %j of a person's own keeps it", (own) => {
    const { plan } = settle(withSettings(own), wish, before.plan.paired);
    expect(plan.changes).toEqual([]);
  });

  test.each([
    [{ maxConflicts: 0 }, { maxConflicts: 10 }],
    [{ minDiskFree: { value: 0, unit: "%" } }, { minDiskFree: { value: 1, unit: "%" } }],
    [
      { versioning: { type: "", params: {} } },
      { versioning: { type: "trashcan", params: { cleanoutDays: "30" } } },
    ],
    [
      { versioning: { type: "trashcan", params: { cleanoutDays: "3" }, fsPath: "/trash" } },
      { versioning: { type: "trashcan", params: { cleanoutDays: "30" }, fsPath: "/trash" } },
    ],
    [
      { versioning: { type: "staggered", params: { maxAge: "86400" } } },
      { versioning: { type: "trashcan", params: { cleanoutDays: "30" } } },
    ],
    [{ fsWatcherEnabled: false }, { fsWatcherEnabled: true }],
  ])("with %j loses files, or notices them late: it becomes %j", (weak, strong) => {
    expect(settle(withSettings(weak), wish, before.plan.paired).config.folders[0]).toMatchObject(strong);
  });
});

test("a web page that listens to the network is closed last of all", () => {
  const fresh = freshConfig();
  Object.assign(fresh.gui, { address: "0.0.0.0:8385", insecureSkipHostcheck: true });
  const { config, plan } = settle(fresh, wish);
  expect(plan.changes.at(-1)?.path).toBe("/rest/config/gui");
  expect(config.gui).toMatchObject({ address: "127.0.0.1:8385", insecureSkipHostcheck: false });
});

test("the instance itself may stand among the family, and nobody stands in it twice", () => {
  const { config } = settle(freshConfig(), {
    ...wish,
    devices: [device(self, "home", []), mom, mom, grandma],
  });
  expect(config.devices.map(({ deviceID }) => deviceID)).toEqual([self, "MOM", "GRANDMA"]);
});

test("planning again after any plan gives nothing to do, and no stranger and no pause was lost", () => {
  fc.assert(
    fc.property(anyConfig, anyWish, anyWish, (start, first, second) => {
      const one = settle(start, first);
      const two = settle(one.config, second, one.plan.paired);
      const ids = two.config.devices.map(({ deviceID }) => deviceID);
      for (const { deviceID } of start.devices) expect(ids).toContain(deviceID);
      for (const folder of start.folders) {
        expect(two.config.folders.find(({ id }) => id === folder.id)).toMatchObject({
          paused: folder.paused,
        });
      }
      const wanted = second.devices.map(({ id }) => id);
      for (const { id, name } of two.plan.paired.devices)
        if (second.unheard.includes(name) || !second.known.includes(id)) wanted.push(id);
      for (const id of ids)
        expect([...start.devices.map((each) => each.deviceID), ...wanted, self]).toContain(id);
    }),
  );
});

const anyDevice = fc.record({
  id: fc.constantFrom("MOM", "GRANDMA", "AUNT", "STRANGER", self),
  name: fc.constantFrom("mom", "grandma", "aunt", ""),
  addresses: fc.subarray(["dynamic", "tcp://a:1", "tcp://b:2"]),
});

const anyWish: fc.Arbitrary<Wish> = fc.record({
  whose: fc.constantFrom("ours" as const, "theirs" as const),
  name: fc.constantFrom("home", "laptop"),
  folder: fc.record({
    id: fc.constant("pimesh-btsync"),
    label: fc.constant("btsync"),
    path: fc.constantFrom("/media/btsync/btsync", "/mnt/btsync"),
    marker: fc.constantFrom(".stfolder/pimesh-1", ".stfolder/pimesh-2"),
    fileSystem: fc.constantFrom("ext4", "vfat"),
  }),
  devices: fc.array(anyDevice, { maxLength: 4 }),
  unheard: fc.subarray(["mom", "grandma"]),
  known: fc.subarray(["MOM", "GRANDMA", "AUNT"]),
  memory: fc.constantFrom("small" as const, "ordinary" as const),
  rates: fc.record({
    up: fc.constantFrom(undefined, 0, 100, 900 * 1024),
    down: fc.constantFrom(undefined, 0, 10_000_000),
  }),
});

const anyConfig: fc.Arbitrary<Config> = fc
  .record({
    version: fc.constantFrom("1.19.2" as const, "1.29.5" as const),
    devices: fc.uniqueArray(anyDevice, { selector: ({ id }) => id, maxLength: 3 }),
    folder: fc.option(
      fc.record({
        id: fc.constantFrom("pimesh-btsync", "own"),
        path: fc.constantFrom("/media/btsync/btsync/", "/elsewhere"),
        markerName: fc.constantFrom(".stfolder", ".stfolder/pimesh-1"),
        paused: fc.boolean(),
        maxConflicts: fc.constantFrom(-1, 0, 10),
        members: fc.subarray(["MOM", "STRANGER"]),
      }),
    ),
    hashers: fc.constantFrom(0, 1, 3),
    databaseTuning: fc.constantFrom("auto", "small", "large"),
    gui: fc.constantFrom("127.0.0.1:8384", "0.0.0.0:8384", "/run/st.sock"),
  })
  .map(({ version, devices, folder, hashers, databaseTuning, gui }) => {
    let config = freshConfig(version);
    config.gui.address = gui;
    config.options["databaseTuning"] = databaseTuning;
    for (const each of devices) if (each.id !== self) config = withDevice(config, each);
    if (folder === null) return config;
    const { members: ids, ...more } = folder;
    return withFolder(config, { ...more, hashers, devices: ids.map((deviceID) => ({ deviceID })) });
  });

function device(id: string, name: string, addresses: readonly string[]): DeviceWish {
  return { id, name, addresses };
}

function withDevice(config: Config, { id, name, addresses }: DeviceWish): Config {
  const body = { deviceID: id, name, addresses: addresses.length === 0 ? ["dynamic"] : addresses };
  return changed(config, { method: "POST", path: "/rest/config/devices", body, what: "", why: "" });
}

function withFolder(config: Config, body: Record<string, unknown>): Config {
  return changed(config, { method: "POST", path: "/rest/config/folders", body, what: "", why: "" });
}

function members(config: Config): unknown[] {
  return (
    config.folders.find(({ id }) => id === wish.folder.id)?.devices.map(({ deviceID }) => deviceID) ?? []
  );
}

/** The instance after a plan, which is then complete: another plan has nothing to do and the same record. */
function settle(
  config: Config,
  wanted: Wish,
  paired: Paired = nothingPaired,
): { readonly config: Config; readonly plan: InstancePlan } {
  const plan = planInstance(
    { self, tilde: "/home/pi", config, pending: nobody, stopped: undefined, remembered: undefined },
    wanted,
    paired,
  );
  let after = config;
  for (const change of plan.changes) after = changed(after, change);
  const again = planInstance(
    { self, tilde: "/home/pi", config: after, pending: nobody, stopped: undefined, remembered: undefined },
    wanted,
    plan.paired,
  );
  expect(again.changes).toEqual([]);
  expect(again.paired).toEqual(plan.paired);
  for (const { what, why } of plan.changes) {
    expect(what).not.toMatch(/undefined|\bnull\b/);
    expect(why).not.toBe("");
  }
  return { config: after, plan };
}
