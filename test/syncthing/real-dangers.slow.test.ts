import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { dbStatusAnswer } from "../../src/syncthing/status-answer.ts";
import { requires } from "../support/requires.ts";
import {
  contents,
  folderId,
  makeMesh,
  put,
  same,
  scan,
  shown,
  until,
  type Member,
  type Mesh,
} from "./support/mesh.ts";

// Real processes that start and hash, on machines that may have better things to do.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const photos = Object.fromEntries(
  Array.from({ length: 23 }, (_, index) => [`2019/img ${index}.jpg`, `photo ${index}`]),
);

/*
 * What has cost people their files: an engine that looks at a place where the disk should be and is not. Its home lies beside the
 * disk here, so that it runs on, which is the worse case.
 */
describe.runIf(requires("syncthing"))("with our marker", () => {
  const making = twoHomes();
  let mesh: Mesh;
  let home: Member;
  let mom: Member;
  beforeAll(async () => {
    ({ mesh, home, mom } = await making());
  });

  test("an empty .stfolder under the mount point of a pulled disk deletes nothing, and the disk comes back whole", async () => {
    await pull(mom, [".stfolder"]);
    await untilItHears(mom, home, "new.jpg");
    expect(await mesh.status(mom)).toMatchObject({ state: "error", inSync: false, need: undefined });
    expect(contents(mom.tree)).toEqual({});
    expect(Object.keys(contents(home.tree))).toHaveLength(Object.keys(photos).length + 2);
    expect(existsSync(join(home.tree, ".stversions"))).toBe(false);
    await plug(mom);
    await inSync(mesh, mom);
    expect(contents(mom.tree)).toEqual(contents(home.tree));
  });

  test("a blank database without the disk fills no SD card, and the disk comes back whole", async () => {
    const wanted = contents(home.tree);
    await mom.process.stop();
    mom.process.forget();
    await pull(mom, []);
    await untilItHears(mom, home, "newer.jpg");
    expect(await mesh.status(mom)).toMatchObject({ state: "error", inSync: false });
    expect(contents(mom.tree)).toEqual({});
    await plug(mom);
    await inSync(mesh, mom);
    expect(contents(home.tree)).toMatchObject(wanted);
    expect(contents(mom.tree)).toEqual(contents(home.tree));
  });

  test("an empty disk in place of the old one deletes nothing, and is filled once it is provisioned", async () => {
    const wanted = contents(home.tree);
    await pull(mom, []);
    // Made by provision, as on every new disk.
    mkdirSync(mom.tree);
    await isInError(mom);
    const plan = await mesh.provision({ ...mom, marker: ".stfolder/pimesh-of-the-new-disk" });
    expect(shown(plan.changes)).toEqual([
      `DELETE /rest/config/folders/${folderId}`,
      "POST /rest/config/folders",
    ]);
    await until("mom has everything again", () => (same(contents(mom.tree), wanted) ? true : undefined));
    await inSync(mesh, mom);
    expect(contents(home.tree)).toEqual(wanted);
    expect(existsSync(join(home.tree, ".stversions"))).toBe(false);
  });

  test("a marker that somebody has taken away is made again by provision, and what came meanwhile is found", async () => {
    const marker = ".stfolder/pimesh-of-the-new-disk";
    rmSync(join(mom.tree, marker));
    await scan(mom).catch(() => undefined);
    await isInError(mom);
    put(mom.tree, { "while it stood still.jpg": "x" });
    const plan = await mesh.provision({ ...mom, marker });
    expect(shown(plan.changes)).toEqual([`POST /rest/db/scan?folder=${folderId}&sub=.stfolder&next=1`]);
    await inSync(mesh, mom);
    await until("home has what came meanwhile", () =>
      existsSync(join(home.tree, "while it stood still.jpg")) ? true : undefined,
    );
    expect((await mesh.provision({ ...mom, marker })).changes).toEqual([]);
  });

  async function isInError(member: Member): Promise<void> {
    await until(`${member.name} is in error`, async () =>
      (await mesh.status(member)).state === "error" ? true : undefined,
    );
  }

  /** A file comes to the one home and the other, in error, hears of it: the two have talked, and no harm was done. */
  async function untilItHears(member: Member, from: Member, name: string): Promise<void> {
    await isInError(member);
    put(from.tree, { [name]: name });
    await scan(from);
    const count = Object.values(contents(from.tree)).filter((value) => value !== "/").length;
    using instance = await member.instance();
    await until(`${member.name} has heard of it`, async () => {
      const path = `/rest/db/status?folder=${folderId}`;
      return (await instance.rest.get(path, dbStatusAnswer)).globalFiles === count ? true : undefined;
    });
  }
});

/* What the marker is for. Should one of these fail, Syncthing has become safer, and the tests above prove less. */
describe.runIf(requires("syncthing"))("with Syncthing's own marker", () => {
  const making = twoHomes();
  let mesh: Mesh;
  let home: Member;
  let mom: Member;
  beforeAll(async () => {
    ({ mesh, home, mom } = await making());
    using instance = await mom.instance();
    await instance.rest.send("PATCH", `/rest/config/folders/${folderId}`, { markerName: ".stfolder" });
    await inSync(mesh, mom);
  });

  test("a blank database without the disk fills the SD card", async () => {
    await mom.process.stop();
    mom.process.forget();
    await pull(mom, []);
    const onTheCard = await until("all photos are on the SD card", () =>
      same(contents(mom.tree), contents(home.tree)) ? contents(mom.tree) : undefined,
    );
    expect(Object.keys(onTheCard)).toHaveLength(24);
    await plug(mom);
    await inSync(mesh, mom);
  });

  test("an empty .stfolder under the mount point of a pulled disk deletes everything at the other homes", async () => {
    await pull(mom, [".stfolder"]);
    await until("home has lost its photos", () =>
      Object.keys(contents(home.tree)).length === 0 ? true : undefined,
    );
    expect(readdirSync(join(home.tree, ".stversions/2019"))).toHaveLength(23);
  });
});

async function inSync(mesh: Mesh, member: Member): Promise<void> {
  await until(`${member.name} is in sync`, async () =>
    (await mesh.status(member)).inSync ? true : undefined,
  );
}

/** To be called where the tests are described: the processes end with them. */
function twoHomes(): () => Promise<{ mesh: Mesh; home: Member; mom: Member }> {
  const { ready } = makeMesh(["home", "mom"]);
  return async () => {
    const mesh = await ready();
    const [home, mom] = [mesh.member("home"), mesh.member("mom")];
    put(home.tree, photos);
    for (const member of [home, mom]) await mesh.provision(member);
    await until("mom has all photos", () =>
      same(contents(mom.tree), contents(home.tree)) ? true : undefined,
    );
    await inSync(mesh, mom);
    return { mesh, home, mom };
  };
}

/** The engine looks at the bare mount point, with these folders in the tree's place. */
async function pull(member: Member, folders: readonly string[]): Promise<void> {
  await member.process.stop();
  member.disk?.pull();
  // What an earlier pull has left there
  rmSync(member.tree, { recursive: true, force: true });
  for (const folder of folders) mkdirSync(join(member.tree, folder), { recursive: true });
  await member.process.start();
}

/** The disk is back, and the engine looks: by itself it does at its next scan, or when its unit is started. */
async function plug(member: Member): Promise<void> {
  member.disk?.plug();
  await scan(member);
}
