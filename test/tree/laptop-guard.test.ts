import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isSameFileSystem, mountOf } from "../../src/tree/file-system.ts";
import { guardLaptopTree } from "../../src/tree/laptop-guard.ts";
import { temporaryFolder } from "../support/folder.ts";

interface Home {
  readonly tree: string;
  readonly dat: string;
  readonly stateFolder: string;
  readonly guard: (on?: "check" | "accept") => Promise<void>;
}

function home(): Home {
  const folder = temporaryFolder();
  const tree = join(folder, "btsync");
  const dat = join(folder, "dat");
  const stateFolder = join(folder, "state");
  for (const path of [tree, dat]) {
    mkdirSync(path);
    writeFileSync(join(path, "photo"), "x");
  }
  const laptop = { tree, folders: { dat } };
  return {
    tree,
    dat,
    stateFolder,
    guard: async (on = "check") => guardLaptopTree({ stateFolder, laptop, on }),
  };
}

const refused = { code: "E-LAPTOP-TREE", exitCode: 5 };

test("the tree is pinned at the first use, for nobody else to read, and the same tree passes again", async () => {
  const { guard, stateFolder, tree, dat } = home();
  await guard();
  const file = join(stateFolder, "laptop-tree.json");
  const pins = JSON.parse(readFileSync(file, "utf8")) as { places: { path: string }[] };
  expect(pins.places.map(({ path }) => path)).toEqual([tree, dat]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await guard();
});

describe("is refused, with the way to accept it", () => {
  test.each<[string, (at: Home) => void]>([
    ["a tree that is empty now", ({ tree }) => rmSync(join(tree, "photo"))],
    ["a partition that is empty now", ({ dat }) => rmSync(join(dat, "photo"))],
    [
      "a tree whose only files are an engine's",
      ({ tree }) => {
        rmSync(join(tree, "photo"));
        writeFileSync(join(tree, ".stignore"), "");
      },
    ],
  ])("%s", async (_, change) => {
    const at = home();
    await at.guard();
    change(at);
    await expect(at.guard()).rejects.toMatchObject(refused);
    await expect(at.guard()).rejects.toMatchObject({
      hint: expect.stringContaining("--accept-laptop-tree") as string,
    });
  });

  test.each<[string, (at: Home) => void]>([
    ["a tree that is gone", ({ tree }) => rmSync(tree, { recursive: true })],
    [
      "a tree that is a file",
      ({ tree }) => {
        rmSync(tree, { recursive: true });
        writeFileSync(tree, "");
      },
    ],
  ])("%s, which no flag makes right, with what does", async (_, change) => {
    const at = home();
    change(at);
    for (const on of ["check", "accept"] as const) {
      await expect(at.guard(on)).rejects.toMatchObject({
        ...refused,
        hint: "mount it or create it, or mend laptop.tree or laptop.folders in the inventory",
      });
    }
  });

  test("a tree that lost the engine's marker, until it is accepted", async () => {
    const { guard, tree } = home();
    mkdirSync(join(tree, ".stfolder"));
    await guard();
    rmSync(join(tree, ".stfolder"), { recursive: true });
    await expect(guard()).rejects.toMatchObject(refused);
    await guard("accept");
    await guard();
  });

  test("a tree on another file system than the pinned one", async () => {
    const { guard, stateFolder } = home();
    await guard();
    const file = join(stateFolder, "laptop-tree.json");
    const pins = JSON.parse(readFileSync(file, "utf8")) as { places: { fileSystem?: object }[] };
    for (const place of pins.places) place.fileSystem = { mountPoint: "/elsewhere", type: "zfs" };
    writeFileSync(file, JSON.stringify(pins));
    await expect(guard()).rejects.toMatchObject({
      message: expect.stringContaining("another file system") as string,
    });
    await guard("accept");
    await guard();
  });

  test("a partition that is empty at the first use", async () => {
    const { guard, dat } = home();
    rmSync(join(dat, "photo"));
    await expect(guard()).rejects.toMatchObject(refused);
  });

  test("a tree that is gone, even when it is to be accepted", async () => {
    const { guard, tree } = home();
    rmSync(tree, { recursive: true });
    await expect(guard("accept")).rejects.toMatchObject(refused);
  });
});

test("a new tree may be empty, and counts as filled once it was", async () => {
  const { guard, tree } = home();
  rmSync(join(tree, "photo"));
  await guard();
  writeFileSync(join(tree, "photo"), "x");
  await guard();
  rmSync(join(tree, "photo"));
  await expect(guard()).rejects.toMatchObject(refused);
});

test("a damaged pin is no reason to trust anything", async () => {
  const { guard, stateFolder } = home();
  await guard();
  writeFileSync(join(stateFolder, "laptop-tree.json"), "{");
  await expect(guard()).rejects.toMatchObject({ code: "E-STATE" });
});

describe("the file system of a path", () => {
  const mountinfo = [
    "21 1 8:2 / / rw shared:1 - ext4 /dev/sda2 rw",
    String.raw`40 21 8:17 / /mnt/my\040dat rw - ext4 /dev/sdb1 rw`,
    "41 21 0:40 / /mnt rw - tmpfs tmpfs rw",
    "42 41 8:33 / /mnt rw - xfs /dev/sdc1 rw",
  ].join("\n");

  test.each([
    ["/home/x", "/", "ext4"],
    ["/mnt/my dat/a", "/mnt/my dat", "ext4"],
    ["/mnt/my data", "/mnt", "xfs"],
    ["/mntx", "/", "ext4"],
  ])("%s lies on %s", (path, point, type) => {
    expect(mountOf(path, mountinfo)).toMatchObject({ point, type });
  });

  test("is known again by its UUID wherever it is mounted, else by its place", () => {
    const one = { uuid: "a", mountPoint: "/mnt", type: "ext4" };
    expect(isSameFileSystem(one, { ...one, mountPoint: "/media" })).toBe(true);
    expect(isSameFileSystem(one, { ...one, uuid: "b" })).toBe(false);
    expect(isSameFileSystem(one, { ...one, uuid: undefined })).toBe(true);
    expect(isSameFileSystem(one, { uuid: undefined, mountPoint: "/", type: "ext4" })).toBe(false);
  });
});
