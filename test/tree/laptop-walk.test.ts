import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Scanned } from "../../src/tree/entry.ts";
import { makeFilter } from "../../src/tree/filter.ts";
import { LaptopWalk } from "../../src/tree/laptop-walk.ts";
import { byPath } from "../../src/tree/order.ts";
import { scanLaptop } from "../../src/tree/scan-laptop.ts";
import { countTree } from "../../src/tree/scan.ts";
import { temporaryFolder } from "../support/folder.ts";

/** To the end, a slice at a time. */
function walked(walk: LaptopWalk): Scanned[] {
  const entries: Scanned[] = [];
  while (!walk.done) entries.push(...walk.slice(0, 1));
  return entries;
}

function handlesIn(tree: string): number {
  return readdirSync("/proc/self/fd").filter((handle) => {
    try {
      return readlinkSync(`/proc/self/fd/${handle}`).startsWith(tree);
    } catch {
      return false;
    }
  }).length;
}

const walkOf = (tree: string, ignore: readonly string[] = []) =>
  new LaptopWalk({ tree, filter: makeFilter({ ignore }) }, { entries: 0, inFlight: 0 });

test("folders whose names begin alike wait for each other", () => {
  const tree = temporaryFolder();
  for (const folder of ["a", "a-", "a-b", "a-b!", "a.", "a0", "a0-"]) {
    mkdirSync(join(tree, folder));
    for (const name of ["-", "x"]) writeFileSync(join(tree, folder, name), "");
  }
  const entries = walked(walkOf(tree));
  expect(entries).toHaveLength(21);
  expect(entries).toEqual(entries.toSorted(byPath));
});

test("lets the event loop run meanwhile, and says how far it is", async () => {
  const tree = temporaryFolder();
  for (let index = 0; index < 200; index += 1) writeFileSync(join(tree, String(index)), "");
  const slow = makeFilter();
  const scan = scanLaptop({
    tree,
    filter: {
      ...slow,
      verdict: (...asked) => {
        for (const end = performance.now() + 0.5; performance.now() < end;);
        return slow.verdict(...asked);
      },
    },
  });
  const seen: number[] = [];
  const ended = new AbortController();
  const watch = (): void => {
    seen.push(scan.progress.entries);
    if (!ended.signal.aborted) setImmediate(watch);
  };
  setImmediate(watch);
  await countTree(scan);
  ended.abort();
  expect(scan.progress.entries).toBe(200);
  expect(seen.filter((entries) => entries > 0 && entries < 200)).not.toEqual([]);
});

test("ends a batch that has grown large, however fast the machine is", () => {
  const tree = temporaryFolder();
  for (let index = 0; index < 300; index += 1) writeFileSync(join(tree, String(index)), "");
  const walk = walkOf(tree);
  const sizes: number[] = [];
  while (!walk.done) sizes.push(walk.slice(60_000, 100).length);
  expect(sizes).toEqual([128, 128, 44]);
});

test("what vanishes before its turn was never there", () => {
  const tree = temporaryFolder();
  for (const folder of ["a", "b", "c"]) mkdirSync(join(tree, folder));
  for (let index = 0; index < 100; index += 1) writeFileSync(join(tree, `a/${index}`), "");
  for (const name of ["b/x", "c/x", "d"]) writeFileSync(join(tree, name), "");
  const walk = walkOf(tree);
  const first = walk.slice(0, 1);
  expect(first.at(-1)?.path.toString()).toMatch(/^a\//);
  for (const name of ["b", "d"]) rmSync(join(tree, name), { recursive: true });
  const entries = [...first, ...walked(walk)];
  expect(entries.map(({ path }) => path.toString()).filter((path) => !path.startsWith("a"))).toEqual([
    "c",
    "c/x",
  ]);
  expect(entries.filter(({ kind }) => kind === "unreadable")).toEqual([]);
});

test.runIf(process.platform === "linux")(
  "goes to the end of paths longer than the system takes, and leaves no handle open",
  () => {
    const tree = temporaryFolder();
    const name = "n".repeat(250);
    execFileSync(
      "sh",
      ["-c", `for i in $(seq 20); do mkdir ${name}; cd -P ${name} 2>/dev/null || cd ${name}; : >f$i; done`],
      { cwd: tree },
    );
    try {
      const entries = walked(walkOf(tree));
      expect(entries).toHaveLength(40);
      expect(entries.at(-1)?.path.toString()).toBe(`${`${name}/`.repeat(20)}f20`);
      expect(entries).toEqual(entries.toSorted(byPath));
      const interrupted = walkOf(tree);
      interrupted.slice(0, 1);
      expect(handlesIn(tree)).toBeGreaterThan(0);
      interrupted.close();
      expect(handlesIn(tree)).toBe(0);
    } finally {
      execFileSync("rm", ["-rf", join(tree, name)]);
    }
  },
);

test("what never counts by its name is not even asked about", () => {
  const tree = temporaryFolder();
  for (const name of ["cache", "keep.bts"]) mkdirSync(join(tree, name));
  for (const name of ["cache/x", "keep.bts/x", "gone.bts", "a.!sync"]) writeFileSync(join(tree, name), "");
  const progress = { entries: 0, inFlight: 0 };
  const walk = new LaptopWalk({ tree, filter: makeFilter({ ignore: ["cache"] }) }, progress);
  // A folder may end like a backup: it is the user's.
  expect(walked(walk).map(({ path }) => path.toString())).toEqual(["keep.bts", "keep.bts/x"]);
  expect(progress).toEqual({ entries: 2, inFlight: 1 });
});
