import { describe, expect, test } from "vitest";
import { parseFolderKey, type FolderKey } from "../../src/engine/folder-key.ts";
import { engines } from "../../src/engine/engines.ts";
import { keyEngineDesired } from "../../src/provision/btsync-desired.ts";
import type { KeyEngine } from "../../src/provision/btsync-engine.ts";
import { enginePlaces } from "../../src/provision/engine-unit.ts";
import type { EngineWay } from "../../src/provision/engine-way.ts";
import { sumOf, type Found, type Inspection } from "../../src/provision/inspection.ts";
import { planFile } from "../../src/provision/desired.ts";
import { profileOf } from "../../src/provision/profile.ts";
import { mom } from "../facts/mom.ts";

// Synthetic, of the form that engines print.
const secret = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
const pi = { name: "pi", owner: "1000:1000" };
const root = { name: "root", owner: "0:0" };
const vendors: EngineWay = {
  kind: "theirs",
  user: "rslsync",
  config: "/etc/resilio-sync/config.json",
  program: "/usr/bin/rslsync",
  retold: false,
};
const packaged = text(`{ // mine: ${secret}\n "storage_path": "/var/lib/resilio-sync/" }\n`);

describe("the vendor's unit runs", () => {
  test.each([
    ["as the login, whose tree it is", pi, folder("1000:1000"), "pi", "1000:1000"],
    ["as the login, who is about to make the tree", pi, undefined, "pi", "1000:1000"],
    ["as its own user, who has the tree already", pi, folder("112:118"), undefined, "112:118"],
    ["as its own user, where the login is root's", root, undefined, undefined, "112:118"],
  ] as const)("%s", async (_, login, tree, user, owner) => {
    const desired = await decide(vendors, login, { "/media/btsync/btsync": tree });
    const dropIn = desired.systemFiles.find(({ path }) => path.endsWith("56-pimesh-user.conf"));
    expect(/^User=(.*)$/m.exec(dropIn?.text ?? "")?.[1]).toBe(user);
    expect(desired.systemFiles.find(({ path }) => path === vendors.config)).toMatchObject({
      owner,
      mode: "600",
    });
    expect(desired.diskFolders).toEqual([
      expect.objectContaining({ path: "/media/btsync/.pimesh/resilio", owner, mode: "700" }),
    ]);
    const leaves = desired.notices.filter(({ message }) =>
      message.includes("runs as rslsync, and pimesh leaves it so"),
    );
    expect([leaves.length, desired.notices.length]).toEqual(user === undefined ? [1, 1] : [0, 0]);
  });

  test("as the login without a word where it does so already", async () => {
    const desired = await decide({ ...vendors, user: "pi" }, pi, {});
    expect(desired.systemFiles.map(({ path }) => path)).toEqual([vendors.config]);
    expect(desired.notices).toEqual([]);
  });
});

test("what is shown of a configuration has no key, in a comment neither; what is sent has it, and is not printed", async () => {
  const desired = await decide(vendors, pi, {});
  const file = desired.systemFiles.find(({ path }) => path === vendors.config);
  if (file === undefined) throw new Error("no configuration");
  const step = planFile(file, inspection({ [file.path]: packaged }));
  if (step?.kind !== "change") throw new Error("no change");
  expect(step.diff).toContain("-{ // mine: ***");
  expect(step.diff).toContain('+      "secret": "***"');
  expect(step.call.text).toContain(secret);
  expect(step.call.shown).not.toContain(secret);
  expect(JSON.stringify([step.what, step.why, step.diff])).not.toContain(secret);
});

test("a configuration on the disk is one of the disk's files, and waits until the disk is seen", async () => {
  const path = "/media/btsync/.btsync/btsync.conf";
  const way: EngineWay = { ...vendors, user: "pi", config: path };
  const desired = await decide(way, pi, {});
  expect(desired.diskFiles.map((file) => file.path)).toEqual([path]);
  expect(desired.systemFiles).toEqual([]);
  const engine = engineWith(way);
  expect(await keyEngineDesired(engine, inspection({}, "unseen"), pi)).toBeUndefined();
});

test("a database of the user's on the disk stays where it is, and no folder is made for another", async () => {
  const before = text(`{ "storage_path": "/media/btsync/.btsync" }`);
  const desired = await decide(vendors, pi, {}, before);
  expect(desired.diskFolders).toEqual([]);
});

test("a unit that had its folders from its web interface is said to lose them", async () => {
  const engine = engineWith({ ...vendors, user: "pi", config: undefined, retold: true });
  const desired = await keyEngineDesired(engine, inspection({}), pi);
  expect(desired?.systemFiles[0]?.why).toContain(
    "folders that were added in its web interface are no longer synced by it",
  );
});

function engineWith(way: EngineWay): KeyEngine {
  const places = enginePlaces(engines.resilio, "resilio-sync.service", "systemd", profileOf(undefined));
  const parsed = parseFolderKey(secret);
  return {
    node: { ...mom, engine: "resilio" },
    unit: "resilio-sync.service",
    places,
    way,
    look: { program: undefined, loader: undefined, unit: undefined, unitUser: "112:118" },
    program: undefined,
    key: (parsed as { key: FolderKey }).key,
    config: (way.kind === "theirs" ? way.config : undefined) ?? places.config,
    storage: "/media/btsync/.pimesh/resilio",
  };
}

async function decide(
  way: EngineWay,
  login: typeof pi,
  there: Readonly<Record<string, Found | undefined>>,
  config = packaged,
) {
  const engine = engineWith(way);
  const desired = await keyEngineDesired(engine, inspection({ [engine.config]: config, ...there }), login);
  if (desired === undefined) throw new Error("nothing is decided");
  return desired;
}

function folder(owner: string): Found {
  return { kind: "folder", mode: "755", owner };
}

function text(content: string): Found {
  const bytes = Buffer.from(content);
  return { kind: "file", mode: "644", owner: "0:0", bytes, sum: sumOf(bytes) };
}

function inspection(
  there: Readonly<Record<string, Found | undefined>>,
  disk: "mounted" | "unseen" = "mounted",
): Inspection {
  const files = new Map(
    Object.entries(there).filter((entry): entry is [string, Found] => entry[1] !== undefined),
  );
  return { files, disk: { kind: disk } } as Partial<Inspection> as Inspection;
}
