import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { exchange } from "../../../src/demo/stand-ins/syncthing/exchange.ts";
import type { Family } from "../../../src/demo/stand-ins/syncthing/member.ts";
import { startSyncthing } from "../../../src/demo/stand-ins/syncthing/start.ts";
import { parseDeviceId } from "../../../src/inventory/device-id.ts";
import { askStatus } from "../../../src/syncthing/ask-status.ts";
import { engineStatus, type EngineStatus } from "../../../src/syncthing/engine-status.ts";
import { askState } from "../../../src/syncthing/instance-state.ts";
import { openRest, type Rest } from "../../../src/syncthing/rest-client.ts";

describe("the stand-in of Syncthing", () => {
  test("has a device ID as real ones have them, and takes nobody without its key", async () => {
    const { home } = await familyOf("home");
    expect(parseDeviceId(home.id)).toEqual({ id: home.id });
    const { self, tilde } = await askState(home.rest, "pimesh");
    expect([self, tilde]).toEqual([home.id, "/home/pi"]);
    await expect(askState(home.with("wrong"), "pimesh")).rejects.toMatchObject({ code: "E-ENGINE-KEY" });
    const foreign = await fetch(`http://[::ffff:127.0.0.1]:${home.port}/rest/config`, {
      headers: { "X-API-Key": "key of home" },
    });
    expect([foreign.status, await foreign.text()]).toEqual([403, "Host check error"]);
  });

  test("knows nobody at first, and is shared with nobody", async () => {
    const { home } = await familyOf("home");
    expect(await home.status()).toMatchObject({ state: "not-set-up", inSync: false });
    await share(home, []);
    expect(await home.status()).toMatchObject({
      state: "idle",
      inSync: false,
      why: "the folder is shared with nobody",
    });
  });

  test("is in sync exactly when it has what the others have", async () => {
    const { home, mom } = await familyOf("home", "mom");
    put(home, { "photos/sea.jpg": "sea", "notes.txt": "a" });
    put(mom, { "notes.txt": "a" });
    await share(home, [mom]);
    await share(mom, [home]);
    expect(await home.status()).toMatchObject({
      state: "idle",
      inSync: true,
      local: { files: 2, folders: 1, bytes: 4 },
    });
    expect(await mom.status()).toMatchObject({
      state: "syncing",
      inSync: false,
      need: { files: 1, folders: 1, bytes: 3, deletes: 0 },
      global: { files: 2, bytes: 4 },
    });
    const [sees] = (await home.status()).peers;
    expect(sees).toMatchObject({
      id: mom.id,
      reach: "direct",
      told: true,
      progress: { items: 2, bytes: 128 + 3 },
    });
    expect(exchange(home.family, ["home", "mom"])).toBe(2);
    expect(readFileSync(join(mom.tree, "photos/sea.jpg"), "utf8")).toBe("sea");
    expect(await mom.status()).toMatchObject({ state: "idle", inSync: true });
    expect(exchange(home.family, ["home", "mom"])).toBe(0);
  });

  test("brings the newer of two versions and keeps the older one", async () => {
    const { home, mom } = await familyOf("home", "mom");
    put(home, { "notes.txt": "new" }, 2000);
    put(mom, { "notes.txt": "old" }, 1000);
    await share(home, [mom]);
    await share(mom, [home]);
    expect((await mom.status()).need).toMatchObject({ files: 1 });
    exchange(home.family, ["home", "mom"]);
    expect(readFileSync(join(mom.tree, "notes.txt"), "utf8")).toBe("new");
    expect(readFileSync(join(mom.tree, ".stversions/notes.txt"), "utf8")).toBe("old");
    expect(readFileSync(join(home.tree, "notes.txt"), "utf8")).toBe("new");
  });

  test("leaves out what its ignore file names", async () => {
    const { home, mom } = await familyOf("home", "mom");
    put(home, { ".stignore": "(?d)Thumbs.db\n", "photos/Thumbs.db": "x" });
    await share(home, [mom]);
    await share(mom, [home]);
    exchange(home.family, ["mom"]);
    expect(await mom.status()).toMatchObject({ inSync: true, local: { files: 0, folders: 1 } });
  });

  test("stops in error where the marker is not there, takes nothing for deleted and brings nothing", async () => {
    const { home, mom } = await familyOf("home", "mom");
    put(home, { "notes.txt": "a" });
    await share(home, [mom]);
    await share(mom, [home]);
    await home.status();
    rmSync(join(mom.tree, marker));
    expect(await mom.status()).toMatchObject({
      state: "error",
      error: expect.stringMatching(/^folder marker missing/) as string,
    });
    expect(exchange(home.family, ["home", "mom"])).toBe(0);
    await expect(mom.rest.send("POST", "/rest/db/scan?folder=pimesh")).rejects.toMatchObject({
      code: "E-ENGINE-REFUSED",
    });
    expect(await home.status()).toMatchObject({ state: "idle", local: { files: 1 } });
  });

  test("is alone when the other has gone, still knows what that held, and when it was seen", async () => {
    const { home, mom } = await familyOf("home", "mom");
    put(home, { "notes.txt": "a" });
    await share(home, [mom]);
    await share(mom, [home]);
    await mom.status();
    home.stop();
    const { inSync, need, peers } = await mom.status();
    expect([inSync, need?.files, peers[0]?.reach]).toEqual([false, 1, "none"]);
    expect(Date.now() - (peers[0]?.lastSeen ?? 0)).toBeLessThan(60_000);
    await expect(askState(home.rest, "pimesh")).rejects.toMatchObject({ code: "E-ENGINE-DOWN" });
  });

  test("a paused folder says nothing and gets nothing", async () => {
    const { home, mom } = await familyOf("home", "mom");
    put(home, { "notes.txt": "a" });
    await share(home, [mom]);
    await share(mom, [home]);
    await mom.rest.send("PATCH", "/rest/config/folders/pimesh", { paused: true });
    expect(await mom.status()).toMatchObject({ state: "paused", need: undefined, local: undefined });
    expect(exchange(home.family, ["mom"])).toBe(0);
  });

  test("tells who knocks and what is offered, and remembers whom it was told of over a restart", async () => {
    const { home, mom } = await familyOf("home", "mom");
    await share(mom, [home]);
    expect((await askState(home.rest, "pimesh")).pending).toMatchObject({
      devices: { [mom.id]: { name: "mom" } },
      folders: {},
    });
    await home.rest.send("POST", "/rest/config/devices", { deviceID: mom.id, name: "mom" });
    expect((await askState(home.rest, "pimesh")).pending).toMatchObject({
      devices: {},
      folders: { pimesh: { offeredBy: { [mom.id]: { label: "pimesh" } } } },
    });
    const { config, self } = await askState((await home.again()).rest, "pimesh");
    expect([self, config.devices.map(({ name }) => name)]).toEqual([home.id, ["home", "mom"]]);
  });
});

const marker = ".stfolder/pimesh-x";

type Played = Awaited<ReturnType<typeof played>>;

async function familyOf<N extends string>(...names: readonly N[]): Promise<Record<N, Played>> {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-stand-in-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const family: Family = new Set();
  const entries = await Promise.all(
    names.map(async (name) => [name, await played(folder, name, family)] as const),
  );
  return Object.fromEntries(entries) as Record<N, Played>;
}

async function played(folder: string, name: string, family: Family) {
  const own = join(folder, name);
  const tree = join(own, "tree");
  mkdirSync(join(tree, dirname(marker)), { recursive: true });
  appendFileSync(join(tree, marker), "");
  writeFileSync(join(own, "cert.pem"), name);
  writeFileSync(
    join(own, "config.xml"),
    `<configuration><gui><apikey>key of ${name}</apikey></gui></configuration>`,
  );
  const placeOf = (path: string): string => path.replace("/media/btsync", own);
  const version = name === "home" ? "1.19.2" : "1.29.5";
  const home = { name, version, tilde: "/home/pi", folder: own, placeOf } as const;
  const { member, port, stop } = await startSyncthing(home, family);
  onTestFinished(stop);
  const open = async () => {
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return socket;
  };
  const withKey = (apiKey: string): Rest => {
    const rest = openRest({ node: name, apiKey, open, downHint: "" });
    onTestFinished(() => rest[Symbol.dispose]());
    return rest;
  };
  const rest = withKey(`key of ${name}`);
  return {
    family,
    tree,
    id: member.id,
    port,
    rest,
    with: withKey,
    stop,
    status: async (): Promise<EngineStatus> => engineStatus(await askStatus(rest, "pimesh"), new Map()),
    again: async () => {
      stop();
      return played(folder, name, family);
    },
  };
}

async function share({ id, rest }: Played, others: readonly Played[]): Promise<void> {
  for (const other of others)
    await rest.send("POST", "/rest/config/devices", { deviceID: other.id, name: "" });
  const devices = [id, ...others.map((other) => other.id)].map((deviceID) => ({ deviceID }));
  const folder = { id: "pimesh", label: "pimesh", path: "/media/btsync/tree", markerName: marker, devices };
  await rest.send("POST", "/rest/config/folders", folder);
}

function put({ tree }: Played, files: Readonly<Record<string, string>>, time = 1500): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
    utimesSync(join(tree, path), time, time);
  }
}
