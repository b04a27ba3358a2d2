import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { provision } from "../../src/commands/provision.ts";
import { status } from "../../src/commands/status.ts";
import { PimeshError } from "../../src/core/error.ts";
import { makePi, type Pi } from "../../src/demo/pi.ts";
import { exchange } from "../../src/demo/stand-ins/syncthing/exchange.ts";
import { folderOf, type Family, type Member } from "../../src/demo/stand-ins/syncthing/member.ts";
import { playOnLaptop, playOnPi } from "../../src/demo/stand-ins/syncthing/play.ts";
import { startSyncthing } from "../../src/demo/stand-ins/syncthing/start.ts";
import { readDeviceIds } from "../../src/history/device-ids.ts";
import { markerOf, ourFolder } from "../../src/syncthing/our-folder.ts";
import { piConnection } from "../support/pi-connection.ts";
import { runOf, type Run } from "../support/provisioning.ts";

// Whole Pis are set up, on a machine that may have better things to do
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const names = ["home", "mom", "grandma"] as const;

/** Over stand-ins of Syncthing on simulated Pis. Each test goes on from where the one before has left the family. */
describe("provision of three homes and the laptop", () => {
  const family: Family = new Set();
  const pis = new Map<string, Pi>();
  const away = new Set<string>();
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "pimesh-family-"));
    mkdirSync(join(folder, "tree/photos"), { recursive: true });
    writeFileSync(join(folder, "tree/photos/sea.jpg"), "x");
    inventory(names);
    const own = await playOnLaptop(folder, "1.29.5", family);
    const played: AsyncDisposable[] = [];
    for (const [index, name] of names.entries()) {
      const disk = {
        device: "/dev/sda1",
        label: "btsync",
        uuid: uuidOf(name),
        bytes: 1_000_203_091_968,
        files: { "btsync/photos/sea.jpg": "x", [`btsync/photos/of ${name}.jpg`]: name },
      };
      const processes = [{ pid: 734, comm: "syncthing", rss: 61_440, unit: "syncthing@pi.service" }];
      const options = { name, disks: [disk], packages: ["syncthing"], processes } as const;
      const made = await makePi(join(folder, name), options);
      pis.set(name, made);
      played.push(playOnPi(made, index === 0 ? "1.19.2" : "1.29.5", family));
    }
    return async () => {
      await Promise.all(played.map((each) => each[Symbol.asyncDispose]()));
      own[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    };
  });

  test("installs Syncthing and pairs every one of them with every other", async () => {
    const { code, out, err } = await provisionAll();
    expect([code, err.replaceAll(/^the second part of \w+:\n/gm, "")]).toEqual([0, ""]);
    expect(out).toContain("1. install syncthing");
    expect(out).not.toContain("is not installed");
    for (const name of ["laptop", ...names]) expect(out).toMatch(new RegExp(`^${name} +paired: `, "m"));
    for (const name of ["laptop", ...names]) {
      expect(knownTo(name)).toEqual(["grandma", "home", "laptop", "mom"]);
      expect(sharedBy(name)).toEqual(["grandma", "home", "laptop", "mom"]);
    }
    for (const name of names) {
      const marker = join(pi(name).root, "media/btsync/btsync", markerOf(uuidOf(name)));
      expect(readFileSync(marker, "utf8")).toBe("");
    }
  });

  test("has nothing to do the second time", async () => {
    const before = [...family].map(({ config }) => structuredClone(config));
    const { code, out } = await provisionAll();
    expect(code).toBe(0);
    for (const name of ["laptop", ...names])
      expect(out).toMatch(new RegExp(`^${name} +paired already$`, "m"));
    expect([...family].map(({ config }) => config)).toEqual(before);
  });

  test("makes them homes that get what they lack, and status tells how far they are", async () => {
    const before = await asked(["mom"]);
    expect(before.out).toMatch(/^mom .* [1-9]\d*-to-get,/m);
    expect(exchange(family, ["laptop", ...names])).toBeGreaterThan(0);
    expect(readFileSync(join(folder, "tree/photos/of grandma.jpg"), "utf8")).toBe("grandma");
    const { out } = await asked();
    for (const name of names) expect(out).toMatch(new RegExp(`^${name} +ok .* in-sync `, "m"));
  });

  test("leaves whoever cannot be reached paired as it was", async () => {
    away.add("mom");
    const { code, out } = await provisionAll();
    away.delete("mom");
    expect(code).toBe(4);
    expect(out).toMatch(/^home +paired already$/m);
    for (const name of ["laptop", "home", "grandma"]) expect(knownTo(name)).toContain("mom");
  });

  test("tells who knocks, and who was let in by somebody else, and leaves them alone", async () => {
    const neighbour = await stranger();
    const friend = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2";
    member("grandma").config.devices.push({ deviceID: friend, name: "Bözsi", addresses: ["dynamic"] });
    const { code, out } = await provisionAll();
    neighbour.stop();
    expect(code).toBe(0);
    expect(out).toMatch(/note: neighbour \(\w{7}\) asks from 192\.0\.2\.7:22000 to be let in/);
    expect(out).toContain("note: Bözsi (P56IOI7) is paired without standing in the inventory (peers)");
    expect(knownTo("home")).not.toContain("neighbour");
    expect(member("grandma").config.devices.map(({ deviceID }) => deviceID)).toContain(friend);
  });

  test("makes a marker anew that is gone, unless the files are gone with it", async () => {
    const tree = join(pi("mom").root, "media/btsync/btsync");
    const marker = join(tree, markerOf(uuidOf("mom")));
    rmSync(marker);
    renameSync(join(tree, "photos"), join(folder, "photos of mom"));
    const { out } = await asked(["mom"]);
    expect(out).toMatch(/^mom +degraded .* error /m);
    expect(out).toContain("W-SYNC-MARKER");
    // What status has just counted is less than what Syncthing knows of
    const refused = await provisionAll();
    expect([refused.code, existsSync(marker)]).toEqual([5, false]);
    expect(refused.err).toContain("E-MASS-CHANGE");
    renameSync(join(folder, "photos of mom"), join(tree, "photos"));
    const mended = await provisionAll();
    expect([mended.code, existsSync(marker)]).toEqual([0, true]);
    expect(mended.out).toContain(`1. make the marker ${markerOf(uuidOf("mom"))} of pimesh anew`);
    expect((await asked(["mom"])).out).toMatch(/^mom +ok .* in-sync /m);
  });

  test("unpairs who has left the inventory everywhere, and touches none of its files", async () => {
    inventory(["home", "grandma"]);
    const { code, out } = await provisionAll();
    expect(code).toBe(0);
    expect(out).toMatch(/unpair mom \(\w{7}\)/);
    for (const name of ["laptop", "home", "grandma"]) expect(sharedBy(name)).not.toContain("mom");
    expect(knownTo("laptop")).toEqual(["grandma", "home", "laptop"]);
    expect(knownTo("home")).toEqual(["grandma", "home", "laptop"]);
    expect(readFileSync(join(pi("mom").root, "media/btsync/btsync/photos/of mom.jpg"), "utf8")).toBe("mom");
    expect(await readDeviceIds(join(folder, "state"))).toHaveProperty("mom");
  });

  function inventory(members: readonly string[]): void {
    const nodes = members.map((name) => `  ${name}: { address: ${name}.example.org }\n`).join("");
    writeFileSync(
      join(folder, "pimesh.yaml"),
      `laptop: { tree: ${join(folder, "tree")}, engine: syncthing }
defaults: { engine: syncthing, user: pi, folders: [photos], player: false, swap: false }
nodes:
${nodes}`,
    );
  }

  function provisionAll(): Promise<Run> {
    return runOf(folder, connect, (context) => provision(context, [], { all: true, yes: true }));
  }

  function asked(which: readonly string[] = []): Promise<Run> {
    return runOf(folder, connect, (context) => status(context, which, { fresh: true }));
  }

  async function connect({ name }: { readonly name: string }) {
    if (away.has(name)) throw new PimeshError("E-NO-ADDRESS-ANSWERS", "nobody answers", { node: name });
    return piConnection(pi(name));
  }

  function pi(name: string): Pi {
    return pis.get(name) as Pi;
  }

  function member(name: string): Member {
    return [...family].find((each) => each.name === name) as Member;
  }

  function nameOf(id: unknown): string {
    return [...family].find((each) => each.id === id)?.name ?? String(id);
  }

  /** Whom its Syncthing lets in, itself too; strangers left out. */
  function knownTo(name: string): string[] {
    return member(name)
      .config.devices.map(({ deviceID }) => nameOf(deviceID))
      .filter((each) => !each.includes("-"))
      .toSorted();
  }

  function sharedBy(name: string): string[] {
    return [...(folderOf(member(name), ourFolder.id)?.members ?? [])].map(nameOf).toSorted();
  }

  /** Somebody on the network who knows home's device ID. */
  async function stranger() {
    const place = join(folder, "neighbour");
    mkdirSync(place);
    writeFileSync(join(place, "cert.pem"), "the neighbour's");
    writeFileSync(join(place, "config.xml"), "<configuration><gui><apikey>k</apikey></gui></configuration>");
    const placeOf = (path: string): string => join(place, path);
    const home = { name: "neighbour", version: "1.29.5", tilde: "/", folder: place, placeOf } as const;
    const started = await startSyncthing(home, family);
    started.member.config.devices.push({ deviceID: member("home").id, name: "home" });
    return started;
  }
});

function uuidOf(name: string): string {
  return `2f6c1c8e-0000-4000-8000-${String(name.length).padStart(12, "0")}`;
}
