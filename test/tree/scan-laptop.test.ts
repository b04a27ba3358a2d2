import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Scanned } from "../../src/tree/entry.ts";
import { makeFilter } from "../../src/tree/filter.ts";
import { byPath } from "../../src/tree/order.ts";
import { scanLaptop } from "../../src/tree/scan-laptop.ts";
import { countTree, readAhead, type Scan } from "../../src/tree/scan.ts";
import { asNobody } from "../support/as-nobody.ts";
import { temporaryFolder } from "../support/folder.ts";
import { plant, trees } from "../support/random-tree.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

async function entriesOf(scan: Scan): Promise<Scanned[]> {
  const entries: Scanned[] = [];
  for await (const batch of scan) entries.push(...batch);
  return entries;
}

async function pathsOf(scan: Scan): Promise<string[]> {
  return (await entriesOf(scan)).map(
    (entry) => `${entry.path.toString()}${entry.kind === "folder" ? "/" : ""}`,
  );
}

test("a random tree comes in the order of whole paths, complete", async () => {
  await fc.assert(
    fc.asyncProperty(trees(), async (planned) => {
      const tree = execFileSync("mktemp", ["-d"]).toString().trim();
      plant(tree, planned);
      const entries = await entriesOf(scanLaptop({ tree, filter: makeFilter() }));
      expect(entries).toEqual(entries.toSorted(byPath));
      const found = execFileSync("find", [".", "-mindepth", "1", "-print0"], {
        cwd: tree,
        env: { LC_ALL: "C" },
      })
        .toString("latin1")
        .split("\0")
        .slice(0, -1)
        .map((path) => path.slice(2));
      // What never counts is tested where the rules are: here only that nothing else is left out.
      const meant = new Set(entries.map((entry) => entry.path.toString("latin1")));
      const isArtefact = /(^|\/)[.~]?s(t|y)|\.(!sync|bts|rsls|syncpart)/i;
      expect(found.filter((path) => !isArtefact.test(path) && !meant.has(path))).toEqual([]);
      rmSync(tree, { recursive: true });
    }),
    { numRuns: 30 },
  );
});

test("a folder stands before a-b, and what it holds after it", async () => {
  const tree = temporaryFolder();
  mkdirSync(join(tree, "a"));
  for (const name of ["a/x", "a-b", "a.c", "a0"]) writeFileSync(join(tree, name), "");
  expect(await pathsOf(scanLaptop({ tree, filter: makeFilter() }))).toEqual([
    "a/",
    "a-b",
    "a.c",
    "a/x",
    "a0",
  ]);
});

describe("laptop partitions", () => {
  test("stand in the tree under their names, in place of what has that name there", async () => {
    const tree = temporaryFolder();
    const dat = temporaryFolder();
    writeFileSync(join(dat, "photo"), "");
    mkdirSync(join(tree, "dat"));
    writeFileSync(join(tree, "dat/covered"), "");
    writeFileSync(join(tree, "dat-x"), "");
    const scan = scanLaptop({ tree, folders: { dat }, filter: makeFilter() });
    expect(await pathsOf(scan)).toEqual(["dat/", "dat-x", "dat/photo"]);
    rmSync(join(tree, "dat"), { recursive: true });
    symlinkSync(dat, join(tree, "dat"));
    expect(await pathsOf(scanLaptop({ tree, folders: { dat }, filter: makeFilter() }))).toEqual([
      "dat/",
      "dat-x",
      "dat/photo",
    ]);
  });

  test("that are gone are refused, never taken for empty", async () => {
    const scan = scanLaptop({ tree: temporaryFolder(), folders: { dat: "/no/such" }, filter: makeFilter() });
    await expect(entriesOf(scan)).rejects.toMatchObject({ code: "E-LAPTOP-TREE" });
  });
});

test("a tree that is not there is refused, never taken for empty", async () => {
  const scan = scanLaptop({ tree: "/no/such/tree", filter: makeFilter() });
  await expect(entriesOf(scan)).rejects.toMatchObject({ code: "E-LAPTOP-TREE", exitCode: 5 });
});

test("a folder that may not be read is told as unreadable, without root's eyes", () => {
  const tree = temporaryFolder();
  chmodSync(tree, 0o755);
  mkdirSync(join(tree, "shut"));
  mkdirSync(join(tree, "names only"));
  writeFileSync(join(tree, "names only/f"), "");
  chmodSync(join(tree, "names only"), 0o744);
  writeFileSync(join(tree, "shut/f"), "");
  chmodSync(join(tree, "shut"), 0);
  const found = asNobody(
    { scanLaptop: "tree/scan-laptop.ts", makeFilter: "tree/filter.ts" },
    `const found = [];
    for await (const batch of scanLaptop({ tree: ${JSON.stringify(tree)}, filter: makeFilter() })) {
      for (const entry of batch) found.push(entry.kind + " " + entry.path);
    }
    console.log(found.join("|"));`,
  );
  expect(found).toBe("folder names only|unreadable names only/f|unreadable shut");
});

test("progress and counts leave out what is ignored and count what is in flight", async () => {
  const tree = temporaryFolder();
  mkdirSync(join(tree, ".stversions"));
  mkdirSync(join(tree, "cache"));
  for (const name of [".stversions/old", "cache/x", "a", "b.!sync", ".syncthing.c.tmp", "d.bts"]) {
    writeFileSync(join(tree, name), "xy");
  }
  utimesSync(join(tree, "a"), 5, 5);
  const scan = scanLaptop({ tree, filter: makeFilter({ ignore: ["cache"] }) });
  expect(await countTree(scan)).toEqual({
    files: 1,
    bytes: 2,
    folders: 0,
    symlinks: 0,
    specials: 0,
    unreadable: 0,
    inFlight: 2,
    newest: 5,
  });
  expect(scan.progress).toEqual({ entries: 1, inFlight: 2 });
});

test("an interrupted scan ends", async () => {
  const controller = new AbortController();
  controller.abort();
  const scan = scanLaptop({ tree: temporaryFolder(), filter: makeFilter(), signal: controller.signal });
  await expect(entriesOf(scan)).rejects.toMatchObject({ name: "AbortError" });
});

describe("a scan that runs ahead", () => {
  test("gives every batch in order, however small its limit", async () => {
    const expected = Array.from({ length: 20 }, (_, index) => String(index));
    for (const limit of [1, 3, 1000]) expect(await pathsOf(readAhead(slow(20), limit))).toEqual(expected);
  });

  test("passes a failure on after what came before it", async () => {
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const batch of readAhead(slow(2, true))) seen.push(String(batch[0]?.path));
    };
    await expect(read()).rejects.toThrow("lost");
    expect(seen).toEqual(["0", "1"]);
  });
});

function slow(count: number, fail = false): Scan {
  return {
    progress: { entries: 0, inFlight: 0 },
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < count; index += 1) {
        yield [{ path: Buffer.from(String(index)), kind: "file" as const, size: 0, mtime: 0 }];
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (fail) throw new Error("lost");
    },
  };
}
