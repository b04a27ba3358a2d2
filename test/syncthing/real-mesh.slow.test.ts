import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { conflictCopyOf } from "../../src/engine/conflict-copy.ts";
import { requires } from "../support/requires.ts";
import {
  contents,
  folderId,
  makeMesh,
  post,
  put,
  same,
  scan,
  shown,
  until,
  type Member,
  type Mesh,
} from "./support/mesh.ts";

// Four processes that start, find each other and hash, on machines that may have better things to do.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

/** Each test goes on from where the one before has left the mesh. */
describe.runIf(requires("syncthing", "rsync"))("four real Syncthings", () => {
  const making = makeMesh(["laptop", "home", "mom", "grandma"]);
  let mesh: Mesh;
  let laptop: Member;
  let nodes: readonly Member[];
  beforeAll(async () => {
    mesh = await making.ready();
    laptop = mesh.member("laptop");
    nodes = ["home", "mom", "grandma"].map(mesh.member);
  });

  test("are paired by pimesh alone, and planning again gives nothing to do", async () => {
    put(laptop.tree, { "photos/2019/sea.jpg": "sea" });
    for (const member of [laptop, ...nodes]) {
      const plan = await mesh.provision(member);
      expect(plan.changes.length).toBeGreaterThan(0);
      // The small board's database is tuned, which a running one cannot be.
      expect(plan.restartNeeded).toBe(member.name === "mom");
    }
    for (const member of [laptop, ...nodes]) {
      const again = await mesh.provision(member);
      expect([member.name, shown(again.changes), again.findings]).toEqual([member.name, [], []]);
    }
  });

  test("bring everything that is put on the laptop to every home, and then say that they are in sync", async () => {
    put(laptop.tree, files());
    symlinkSync("sea.jpg", join(laptop.tree, "photos/2019/latest"));
    const wanted = contents(laptop.tree);
    await everybodyHas(wanted);
    for (const member of [laptop, ...nodes]) {
      const status = await until(`${member.name} is in sync`, async () => {
        const now = await mesh.status(member);
        return now.inSync && now.peers.every(({ progress }) => progress?.percent === 100) ? now : undefined;
      });
      const sizes = Object.keys(wanted).filter((path) => wanted[path]?.length === 16);
      expect(status).toMatchObject({
        state: "idle",
        local: { files: sizes.length, bytes: sizes.reduce((sum, path) => sum + size(laptop, path), 0) },
        need: { files: 0, bytes: 0, deletes: 0 },
      });
      expect(status.peers.map(({ name, reach }) => `${name} ${reach}`).toSorted()).toEqual(
        ["grandma", "home", "laptop", "mom"]
          .filter((name) => name !== member.name)
          .map((name) => `${name} direct`),
      );
    }
  });

  test("do not say so a moment before a large file is whole", async () => {
    const mom = mesh.member("mom");
    await limit(laptop, 1500);
    await limit(mesh.member("home"), 1500);
    await limit(mesh.member("grandma"), 1500);
    put(laptop.tree, { "movies/wedding.mkv": randomBytes(6_000_000) });
    const wanted = contents(laptop.tree);
    await scan(laptop);
    let behind = 0;
    const claimed = await until("mom says that she has the large file", async () => {
      const now = await mesh.status(mom);
      // Until it has heard of the file it truthfully is in sync with what it knows.
      if ((now.global?.files ?? 0) < fileCount(wanted)) return undefined;
      if (!now.inSync) behind += 1;
      return now.inSync ? contents(mom.tree) : undefined;
    });
    expect(claimed).toEqual(wanted);
    expect(behind).toBeGreaterThan(0);
    for (const name of ["laptop", "home", "grandma"]) await limit(mesh.member(name), 0);
    await everybodyHas(wanted);
  });

  test("keep what the laptop deletes in the trash of every other home", async () => {
    rmSync(join(laptop.tree, "letters"), { recursive: true });
    const wanted = contents(laptop.tree);
    await scan(laptop);
    await everybodyHas(wanted);
    for (const { tree } of nodes) {
      expect(readFileSync(join(tree, ".stversions/letters/to mom.txt"), "utf8")).toBe("dear mom");
    }
  });

  test("keep both of two edits, the one under a conflict name", async () => {
    const mom = mesh.member("mom");
    await post(mom, "/rest/system/pause");
    await until("mom is alone", async () =>
      (await mesh.status(mom)).peers.every(({ paused }) => paused) ? true : undefined,
    );
    expect(await mesh.status(mom)).toMatchObject({ inSync: false, why: "no peer is connected" });
    appendFileSync(join(laptop.tree, "notes.txt"), "from the laptop\n");
    appendFileSync(join(mom.tree, "notes.txt"), "from mom\n");
    await Promise.all([scan(laptop), scan(mom)]);
    await post(mom, "/rest/system/resume");
    const copies = await until("every home has the conflict copy", () => {
      const each = [laptop, ...nodes].map(({ tree }) =>
        Object.keys(contents(tree)).filter((path) => conflictCopyOf(path) !== undefined),
      );
      return each.every((paths) => paths.length === 1) ? each.flat() : undefined;
    });
    expect(new Set(copies).size).toBe(1);
    await everybodyHas(contents(laptop.tree));
    const texts = ["notes.txt", copies[0] ?? ""].map((path) => readFileSync(join(mom.tree, path), "utf8"));
    expect(texts.toSorted()).toEqual(["notes\nfrom mom\n", "notes\nfrom the laptop\n"].toSorted());
  });

  test("carry 5,000 files and a large one, and rsync finds nothing that differs", async () => {
    const many = Array.from({ length: 5000 }, (_, index) => [`many/${index % 50}/${index}.txt`, `${index}`]);
    put(laptop.tree, { ...Object.fromEntries(many), "movies/christmas.mkv": randomBytes(20_000_000) });
    await everybodyHas(contents(laptop.tree));
    for (const { tree } of nodes) {
      const compare = [
        "-rlntiOJ",
        "--delete",
        "--exclude=/.st*",
        "--exclude=.syncthing.*",
        `${laptop.tree}/`,
        `${tree}/`,
      ];
      expect(execFileSync("rsync", compare, { encoding: "utf8" })).toBe("");
    }
    // What follows need not carry them along
    for (const name of ["many", "movies"]) rmSync(join(laptop.tree, name), { recursive: true });
    await scan(laptop);
    await everybodyHas(contents(laptop.tree));
  });

  test("put out who is no longer of the family, who then knocks and is told but not let in", async () => {
    const grandma = mesh.member("grandma");
    const family = mesh.wish(laptop).devices.filter(({ id }) => id !== grandma.process.id);
    for (const name of ["laptop", "home", "mom"]) {
      const plan = await mesh.provision(mesh.member(name), { devices: family });
      expect(shown(plan.changes)).toEqual([`DELETE /rest/config/devices/${grandma.process.id}`]);
      expect(shown((await mesh.provision(mesh.member(name), { devices: family })).changes)).toEqual([]);
    }
    const findings = await until("grandma knocks at home", async () => {
      const plan = await mesh.provision(mesh.member("home"), { devices: family });
      return plan.findings.length > 0 ? plan.findings : undefined;
    });
    expect(findings).toMatchObject([
      { kind: "stranger-knocks", text: expect.stringMatching(/^grandma \(/) as string },
    ]);
    put(laptop.tree, { "after grandma.txt": "x" });
    await scan(laptop);
    await until("mom has it", () =>
      existsSync(join(mesh.member("mom").tree, "after grandma.txt")) ? true : undefined,
    );
    expect(existsSync(join(grandma.tree, "after grandma.txt"))).toBe(false);
    expect(contents(grandma.tree)["photos/2019/sea.jpg"]).toBeDefined();
    // And comes back.
    for (const name of ["laptop", "home", "mom"]) await mesh.provision(mesh.member(name));
    await everybodyHas(contents(laptop.tree));
  });

  test("bind a folder that has Syncthing's own marker to the disk, and lose nothing by it", async () => {
    const home = mesh.member("home");
    using instance = await home.instance();
    await instance.rest.send("PATCH", `/rest/config/folders/${folderId}`, { markerName: ".stfolder" });
    const plan = await mesh.provision(home);
    expect(plan.changes).toMatchObject([{ method: "PATCH", body: { markerName: home.marker } }]);
    await until("home is in sync", async () => ((await mesh.status(home)).inSync ? true : undefined));
    await everybodyHas(contents(laptop.tree));
  });

  test("close a web page that listens to the network, and answer on", async () => {
    const mom = mesh.member("mom");
    using instance = await mom.instance();
    // It may hang up before it has answered
    const open = { address: `0.0.0.0:${mom.process.guiPort}` };
    await instance.rest.send("PATCH", "/rest/config/gui", open).catch(whileDown);
    const plan = await until("mom answers again", () => mesh.provision(mom).catch(whileDown));
    expect(plan.changes).toMatchObject([{ body: { address: `127.0.0.1:${mom.process.guiPort}` } }]);
    expect(shown((await mesh.provision(mom)).changes)).toEqual([]);
  });

  test("move a folder to another place without deleting anything, and leave the old files alone", async () => {
    const mom = mesh.member("mom");
    const wanted = contents(laptop.tree);
    const elsewhere: Member = { ...mom, tree: join(mom.tree, "../elsewhere") };
    mkdirSync(elsewhere.tree);
    const plan = await mesh.provision(elsewhere);
    expect(shown(plan.changes)).toEqual([
      `DELETE /rest/config/folders/${folderId}`,
      "POST /rest/config/folders",
    ]);
    await until("mom has everything at the new place", () =>
      same(contents(elsewhere.tree), wanted) ? true : undefined,
    );
    await until("mom is in sync", async () => ((await mesh.status(mom)).inSync ? true : undefined));
    expect(contents(mom.tree)).toEqual(wanted);
    for (const { tree } of [laptop, mesh.member("home")]) expect(contents(tree)).toEqual(wanted);
  });

  async function everybodyHas(wanted: Record<string, string>): Promise<void> {
    for (const { name, tree } of [laptop, ...nodes]) {
      await until(`${name} has it all`, () => (same(contents(tree), wanted) ? true : undefined));
    }
  }
});

function whileDown(error: unknown): undefined {
  expect(error).toMatchObject({
    code: expect.stringMatching(/^E-(?:ENGINE-DOWN|CONNECTION-LOST)$/) as string,
  });
}

function files(): Record<string, string | Buffer> {
  const many = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [
      `photos/2020/${index % 7}/img ${index}.jpg`,
      randomBytes(2000 + index),
    ]),
  );
  return {
    ...many,
    "movies/large.bin": randomBytes(4_000_000),
    "letters/to mom.txt": "dear mom",
    "letters/Größe.txt": "x",
    "notes.txt": "notes\n",
    empty: "",
  };
}

function size({ tree }: Member, path: string): number {
  return readFileSync(join(tree, path)).length;
}

function fileCount(wanted: Record<string, string>): number {
  return Object.values(wanted).filter((value) => value.length === 16).length;
}

/** KiB a second, loopback too; 0 for none. */
async function limit(member: Member, rate: number): Promise<void> {
  using instance = await member.instance();
  await instance.rest.send("PATCH", "/rest/config/options", {
    maxSendKbps: rate,
    limitBandwidthInLan: true,
  });
}
