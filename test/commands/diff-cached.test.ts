import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { treePath } from "../../src/inventory/inventory.ts";
import { asciiJson, farEndRules } from "../../src/tree/far-end-rules.ts";
import { farEnd } from "../../src/tree/far-end.ts";
import { nodeFilter } from "../../src/tree/node-tree.ts";
import { Fleet, put, told, withoutPython } from "../support/diff-fleet.ts";
import { temporaryFolder } from "../support/folder.ts";
import { pythonPath } from "../support/python-far-end.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const uuid = "2f6c1c8e-0000-4000-8000-000000000001";
const cached = { cached: true };

/** Makes a node's index as its timer would; `changes` stand for an index of something else. */
function makeIndex(
  fleet: Fleet,
  name: string,
  changes: { readonly uuid?: string; readonly tree?: string; readonly ago?: number } = {},
): string {
  const root = join(fleet.folder, name);
  const place = join(root, "media/btsync/.pimesh");
  const program = temporaryFolder();
  const { nodes, ignore } = fleet.inventory();
  const node = nodes.find((one) => one.name === name);
  if (!node) throw new Error(`no node ${name}`);
  mkdirSync(place, { recursive: true });
  mkdirSync(join(root, "dev/disk/by-uuid"), { recursive: true });
  writeFileSync(join(root, "dev/sda1"), "");
  rmSync(join(root, "dev/disk/by-uuid", uuid), { force: true });
  symlinkSync("../../sda1", join(root, "dev/disk/by-uuid", uuid));
  writeFileSync(join(program, "rules"), asciiJson(farEndRules(nodeFilter(node, ignore))));
  const past = `import time\nnow = time.time\ntime.time = lambda: now() - ${changes.ago ?? 0}\n`;
  writeFileSync(join(program, "index.py"), past + farEnd("walk.py", "pack.py", "index.py"));
  const words = [
    join(program, "rules"),
    place,
    "id",
    "10800",
    changes.uuid ?? uuid,
    changes.tree ?? treePath(node),
  ];
  execFileSync("python3", ["-IS", join(program, "index.py"), ...words], {
    cwd: fleet.tree(name),
    env: { PATH: pythonPath },
  });
  renameSync(join(place, "index.new"), join(place, "index"));
  rmSync(join(place, "index-summary.new"));
  return join(place, "index");
}

function alike(fleet: Fleet): void {
  for (const tree of [fleet.laptop, fleet.tree("mom"), fleet.tree("grandma")]) {
    put(join(tree, "photos/a.jpg"), "same");
    put(join(tree, "b"), "same");
  }
}

describe("a diff by index", () => {
  test("says what differed when the index was made, and how old it is", async () => {
    const fleet = new Fleet();
    alike(fleet);
    put(join(fleet.laptop, "new"), "x");
    put(join(fleet.tree("mom"), "old"), "xx");
    makeIndex(fleet, "mom", { ago: 7500 });
    put(join(fleet.tree("mom"), "since"), "is not in it");
    const { code, out } = await fleet.diff("laptop", "mom", cached);
    expect(code).toBe(1);
    expect(out).toMatch(/^\+ new\t1B\n- old\t2B\n# /);
    expect(out).toContain("# mom: read from its index, made 2 h 5 min ago\n");
    expect((await fleet.diff("laptop", "mom", { ...cached, summary: true })).out).toContain(
      "made 2 h 5 min ago",
    );
    expect((await fleet.diff("laptop", "mom")).out).not.toContain("index");
  });

  test("between two nodes reads both from theirs", async () => {
    const fleet = new Fleet();
    alike(fleet);
    for (const name of ["mom", "grandma"]) makeIndex(fleet, name, { ago: name === "mom" ? 60 : 86_400 });
    put(join(fleet.tree("mom"), "since"), "is not in it");
    const { code, out } = await fleet.diff("mom", "grandma", cached);
    expect(code).toBe(0);
    expect(out).toContain("mom: read from its index, made 1 min ago\n");
    expect(out).toContain("grandma: read from its index, made 1 d ago\n");
  });

  test("has the ages in JSON, and null for what was read itself", async () => {
    const fleet = new Fleet();
    alike(fleet);
    makeIndex(fleet, "mom", { ago: 3600 });
    const { leftIndex, rightIndex } = (await fleet.json("laptop", "mom", cached)) as unknown as Record<
      string,
      unknown
    >;
    expect(leftIndex).toBeNull();
    expect(rightIndex).toMatchObject({ scanSeconds: expect.any(Number) as number });
    const { ageSeconds } = rightIndex as { ageSeconds: number };
    expect(ageSeconds).toBeGreaterThanOrEqual(3600);
    expect(ageSeconds).toBeLessThan(3700);
    expect(await fleet.json("laptop", "mom")).toMatchObject({ leftIndex: null, rightIndex: null });
  });

  test("does not read the tree: what cannot be read any more is no hindrance", async () => {
    const fleet = new Fleet();
    alike(fleet);
    makeIndex(fleet, "mom");
    rmSync(join(fleet.tree("mom"), "photos"), { recursive: true });
    expect(told(await fleet.json("laptop", "mom", cached))).toEqual([]);
  });

  test("knows what the engine's ignore file hides", async () => {
    const fleet = new Fleet();
    alike(fleet);
    put(join(fleet.laptop, "film.iso"), "x");
    put(join(fleet.tree("mom"), ".stignore"), "*.iso\n");
    makeIndex(fleet, "mom");
    expect(told(await fleet.json("laptop", "mom", cached))).toEqual(["unknown film.iso"]);
  });
});

describe("an index is refused, with the way out, when", () => {
  test.each<[string, (fleet: Fleet, index: string) => void, string, string]>([
    ["there is none", (_, index) => rmSync(index), "no index of its tree", "pimesh provision mom --dry-run"],
    [
      "it is of another disk",
      (fleet) => makeIndex(fleet, "mom", { uuid: "ABCD-1234" }),
      "of another disk (ABCD-1234)",
      "pimesh provision mom --dry-run",
    ],
    [
      "it is of another folder",
      (fleet) => makeIndex(fleet, "mom", { tree: "/media/btsync/family" }),
      "of another folder (/media/btsync/family)",
      "pimesh provision mom --dry-run",
    ],
    [
      "it was made by other rules",
      (fleet) => fleet.ignore.push("*.tmp"),
      "made by other ignore rules",
      "pimesh provision mom --dry-run",
    ],
    [
      "it is damaged",
      (_, index) => writeFileSync(index, readFileSync(index).subarray(0, -7)),
      "cannot be used: it is damaged",
      "the same command without --cached",
    ],
    [
      "it is empty",
      (_, index) => writeFileSync(index, ""),
      "cannot be used: it is cut off",
      "the same command without --cached",
    ],
    [
      "the mounted disk has no UUID to compare it with",
      (fleet) => rmSync(join(fleet.folder, "mom/dev/disk/by-uuid", uuid)),
      "cannot be told",
      "the same command without --cached",
    ],
  ])("%s", async (_, change, words, hint) => {
    const fleet = new Fleet();
    alike(fleet);
    change(fleet, makeIndex(fleet, "mom"));
    const error = await fleet.diff("laptop", "mom", cached).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "E-INDEX", exitCode: 3, node: "mom", hint });
    expect((error as Error).message).toContain(words);
    expect(fleet.opened).toBe(0);
  });

  test.runIf(process.getuid?.() === 0)("whoever logs in may not read it", async () => {
    const fleet = new Fleet();
    alike(fleet);
    execFileSync("chmod", ["-R", "go=rX", fleet.folder]);
    execFileSync("chmod", ["640", makeIndex(fleet, "mom")]);
    fleet.user = "65534";
    await expect(fleet.diff("laptop", "mom", cached)).rejects.toMatchObject({
      code: "E-INDEX",
      hint: "log in as root: user of mom in the inventory",
    });
  });

  test("there is no python3 to read it with", async () => {
    const fleet = new Fleet();
    makeIndex(fleet, "mom");
    fleet.programs = withoutPython();
    await expect(fleet.diff("laptop", "mom", cached)).rejects.toMatchObject({
      code: "E-INDEX",
      message: "the trees cannot be compared by index: mom has no Python 3.5 or newer",
      hint: "the same command without --cached",
    });
  });

  test("the ignore files of both sides hide something", async () => {
    const fleet = new Fleet();
    for (const tree of [fleet.laptop, fleet.tree("mom")]) put(join(tree, ".stignore"), "*.iso\n");
    makeIndex(fleet, "mom");
    await expect(fleet.diff("laptop", "mom", cached)).rejects.toMatchObject({ code: "E-INDEX" });
  });
});

describe("with --cached", () => {
  test("a disk that is not mounted is refused as ever", async () => {
    const fleet = new Fleet();
    makeIndex(fleet, "mom");
    fleet.mount("mom", false);
    await expect(fleet.diff("laptop", "mom", cached)).rejects.toMatchObject({
      code: "E-DISK-NOT-MOUNTED",
      exitCode: 5,
    });
  });

  test("a disk that leaves while its index is read is refused as ever", async () => {
    const fleet = new Fleet();
    alike(fleet);
    makeIndex(fleet, "mom");
    fleet.programs = temporaryFolder();
    const mounts = join(fleet.folder, "mom/proc/self/mounts");
    const python = execFileSync("sh", ["-c", "command -v python3"], { env: { PATH: pythonPath } })
      .toString()
      .trim();
    const leaving = `: >${mounts}\nexec ${python} "$@"\n`;
    writeFileSync(join(fleet.programs, "python3"), `#!/bin/sh\n${leaving}`, { mode: 0o755 });
    await expect(fleet.diff("laptop", "mom", cached)).rejects.toMatchObject({
      code: "E-DISK-NOT-MOUNTED",
      exitCode: 5,
    });
  });

  test.each([
    ["--checksum", { checksum: true }],
    ["--mtime-window", { mtimeWindow: 2 }],
  ])("%s is wrong usage, and nobody is asked", async (name, options) => {
    const fleet = new Fleet();
    const error = await fleet
      .diff("laptop", "mom", { ...cached, ...options })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "E-USAGE", exitCode: 2 });
    expect((error as Error).message).toContain(name);
  });
});
