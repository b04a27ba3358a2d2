import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Entry, Scanned } from "../../../src/tree/entry.ts";
import { makeFilter } from "../../../src/tree/filter.ts";
import { byPath } from "../../../src/tree/order.ts";
import { encodeFrame, packBody } from "../../../src/tree/reconcile/frames.ts";
import { allGroups } from "../../../src/tree/reconcile/groups.ts";
import { startOf, wholeTree, type Range, type RangeSum } from "../../../src/tree/reconcile/messages.ts";
import { buildTable } from "../../../src/tree/reconcile/table.ts";
import { scanLaptop } from "../../../src/tree/scan-laptop.ts";
import { scanNode } from "../../../src/tree/scan-node.ts";
import type { Scan } from "../../../src/tree/scan.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { localConnection } from "../../support/local-connection.ts";
import { farEndKey, farEndOf, pythonPath, startFarEnd } from "../../support/python-far-end.ts";
import { meaningfulNames, oddNames, plant, trees } from "../../support/random-tree.ts";
import { sparseFile } from "../../support/sparse-file.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const filter = makeFilter({
  ignore: ["Thumbs.db", "*.tmp", "/cache", "a/c*"],
  outside: ["swapfile", ".pimesh"],
});

async function scanned(scan: Scan): Promise<Scanned[]> {
  const all: Scanned[] = [];
  for await (const batch of scan) all.push(...batch);
  return all.toSorted(byPath);
}

async function laptopEntries(tree: string): Promise<Entry[]> {
  const all = await scanned(scanLaptop({ tree, filter }));
  return all.filter((one): one is Entry => one.kind !== "unreadable");
}

/** A folder's time is not compared, and another walk may have looked at another moment. */
function comparable(entries: readonly Scanned[]): object[] {
  return entries.map((one) => ({ ...one, path: one.path.toString("latin1"), mtime: mtimeOf(one) }));
}

function mtimeOf(one: Scanned): number | undefined {
  return one.kind === "file" ? one.mtime : undefined;
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}

function folderOf({ path }: Entry): Buffer {
  return path.subarray(0, path.lastIndexOf("/") + 1);
}

function letterOf({ kind }: Entry): Buffer {
  return Buffer.from({ file: "f", folder: "d", symlink: "l", special: "s" }[kind]);
}

function markOf(folder: Buffer): Buffer {
  return sha256(farEndKey, folder).subarray(0, 16);
}

/** The fingerprint as the protocol's text has it, and nothing of the code that either side uses. */
function digest(entry: Entry, times: boolean): readonly [id: bigint, second: bigint] {
  const folder = folderOf(entry);
  const name = entry.path.subarray(folder.length);
  const tail = Buffer.alloc(entry.kind === "file" ? (times ? 16 : 8) : entry.kind === "symlink" ? 4 : 0);
  if (entry.kind === "file") tail.writeBigUInt64BE(BigInt(entry.size));
  if (entry.kind === "file" && times) tail.writeBigInt64BE(BigInt(entry.mtime), 8);
  if (entry.kind === "symlink") tail.writeUInt32BE(entry.target?.length ?? 0);
  const hash = sha256(markOf(folder), letterOf(entry), tail, entry.target ?? Buffer.alloc(0), name);
  return [hash.readBigUInt64BE(0), hash.readBigUInt64BE(8)];
}

/** By the first seven bits of its folder's mark. */
function groupOfEntry(entry: Entry): bigint {
  return BigInt(markOf(folderOf(entry))[0] as number) >> 1n;
}

/** What is said of all folders, and of each group; `entries` in the order of paths. */
function folderSums(entries: readonly Entry[], times: boolean): { folders: bigint; groups: number[] } {
  const nul = Buffer.of(0);
  const sums = Array.from({ length: 128 }, () => 0n);
  const paths = new Set(["", ...entries.map((one) => folderOf(one).toString("latin1"))]);
  for (const path of paths) {
    const folder = Buffer.from(path, "latin1");
    const inside = entries.filter((one) => folderOf(one).equals(folder));
    const names = inside.flatMap((one) => [
      letterOf(one),
      one.path.subarray(folder.length),
      nul,
      ...(one.target ? [one.target, nul] : []),
    ]);
    const numbers = inside.flatMap(({ kind, size, mtime }) => {
      if (kind !== "file") return [];
      const pair = Buffer.alloc(16);
      pair.writeBigUInt64BE(BigInt(size));
      pair.writeBigInt64BE(BigInt(mtime), 8);
      return pair.subarray(0, times ? 16 : 8);
    });
    const mark = markOf(folder);
    const whole = sha256(mark, sha256(...names), sha256(...numbers));
    const group = (mark[0] as number) >> 1;
    sums[group] = (sums[group] as bigint) + BigInt(`0x${whole.toString("hex", 0, 16)}`);
  }
  return {
    folders: BigInt.asUintN(
      128,
      sums.reduce((sum, one) => sum + one, 0n),
    ),
    groups: sums.map((sum) => Number(sum & 0xffffn)),
  };
}

function sumOf(numbers: readonly bigint[]): bigint {
  return BigInt.asUintN(
    64,
    numbers.reduce((sum, one) => sum + one, 0n),
  );
}

function rangeSum(entries: readonly Entry[], { low, high }: Range): RangeSum {
  const held = entries.filter(
    ({ path }) => Buffer.compare(path, low) >= 0 && (high === undefined || Buffer.compare(path, high) < 0),
  );
  return { count: held.length, id: sumOf(held.map((one) => digest(one, true)[0])) };
}

/** Empty files in 40 folders, whose names sort unlike their paths. */
function many(tree: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const folder = `${tree}/${["a", "a-b", "a.b", "b"][index % 4]}${index % 40}`;
    if (index < 40) mkdirSync(folder);
    closeSync(openSync(`${folder}/${index}`, "w"));
  }
}

describe("what it says of a tree", () => {
  test("is of random trees what the laptop's own scan and the listing say", async () => {
    const lister = { find: "absent", python: true, sortZ: true, gzip: true } as const;
    await fc.assert(
      fc.asyncProperty(trees([...oddNames, ...meaningfulNames], 60), fc.boolean(), async (planned, times) => {
        const tree = execFileSync("mktemp", ["-d"]).toString().trim();
        plant(tree, planned);
        const here = scanLaptop({ tree, filter });
        const expected = (await scanned(here)) as Entry[];
        const farEnd = await farEndOf(tree, { filter, times });
        expect(farEnd.summary).toMatchObject({
          count: expected.length,
          ...folderSums(expected, times),
          unreadable: [],
          counts: { inFlight: here.progress.inFlight },
        });
        expect(comparable(await farEnd.listing())).toEqual(comparable(expected));
        expect(await farEnd.end()).toEqual({ code: 0, stderr: "" });
        const listed = scanNode({
          connection: localConnection({ path: "/usr/bin" }),
          tree,
          mount: undefined,
          filter,
          tools: async () => lister,
        });
        expect(comparable(await scanned(listed))).toEqual(comparable(expected));
        rmSync(tree, { recursive: true });
      }),
      { numRuns: 5 },
    );
  });

  test("counts each kind, the bytes, the newest file and what is in flight", async () => {
    const tree = temporaryFolder();
    sparseFile(join(tree, "sparse"), 5 * 2 ** 30 + 1);
    utimesSync(join(tree, "sparse"), 1, 1.999999999);
    mkdirSync(join(tree, ".stversions"));
    mkdirSync(join(tree, "sub/.stversions"), { recursive: true });
    for (const name of ["sub/film.!SYNC", "sub/.syncthing.x", "Thumbs.db", "sub/Thumbs.db", "swapfile"]) {
      writeFileSync(join(tree, name), "not counted");
    }
    writeFileSync(join(tree, ".stversions/old"), "not counted");
    writeFileSync(join(tree, "sub/.stversions/mine"), "seven..");
    execFileSync("touch", ["-d", "@-4.5", join(tree, "sub/.stversions/mine")]);
    symlinkSync("nowhere", join(tree, "link"));
    execFileSync("mkfifo", [join(tree, "pipe")]);
    const { summary } = await farEndOf(tree, { filter });
    expect(summary.counts).toEqual({
      files: 2,
      bytes: 5 * 2 ** 30 + 8,
      folders: 2,
      symlinks: 1,
      specials: 1,
      inFlight: 2,
      newest: 1,
      unreadable: 0,
    });
    expect(summary.python).toMatch(/^3\.\d+\.\d+$/);
  });

  test("is said of an empty tree too", async () => {
    const farEnd = await farEndOf(temporaryFolder());
    expect(farEnd.summary).toMatchObject({ count: 0, ...folderSums([], true) });
    expect(farEnd.summary.counts.newest).toBeUndefined();
    expect(await farEnd.listing()).toEqual([]);
    expect(await farEnd.ask({ type: "sums", ranges: [wholeTree] })).toEqual({
      type: "sums",
      sums: [{ count: 0, id: 0n }],
    });
    const split = await farEnd.ask({ type: "split", range: wholeTree, parts: 16 });
    expect(split).toEqual({ type: "split", bounds: [], sums: [{ count: 0, id: 0n }] });
  });

  test("follows no symlink and tells any target", async () => {
    const tree = temporaryFolder();
    for (const [name, target] of [
      ["loop", "."],
      ["root", "/"],
      ["odd", "odd\x01\n"],
      ["long", "x".repeat(4000)],
    ] as const) {
      symlinkSync(target, join(tree, name));
    }
    const farEnd = await farEndOf(tree);
    const entries = await farEnd.listing();
    expect(entries.map(({ path, target }) => [path.toString(), target?.toString()])).toEqual([
      ["long", "x".repeat(4000)],
      ["loop", "."],
      ["odd", "odd\x01\n"],
      ["root", "/"],
    ]);
    expect(farEnd.summary).toMatchObject(folderSums(entries, true));
  });

  test("goes to the end of paths longer than the system takes, or than a bound may be", async () => {
    const tree = temporaryFolder();
    // Node has no way down there and none to clear it away.
    onTestFinished(() => void execFileSync("rm", ["-rf", join(tree, "d".repeat(250))]));
    const make =
      'import os\nfor _ in range(300): os.mkdir("d" * 250); os.chdir("d" * 250)\nfor name in "fg": open(name, "w")';
    execFileSync("python3", ["-c", make], { cwd: tree, env: { PATH: pythonPath } });
    const farEnd = await farEndOf(tree);
    const entries = await farEnd.listing();
    expect(entries).toHaveLength(302);
    expect(entries.at(-1)?.path.length).toBe(300 * 251 + 1);
    expect(farEnd.summary).toMatchObject(folderSums(entries, true));
    const split = await farEnd.ask({ type: "split", range: wholeTree, parts: 200 });
    if (split.type !== "split") throw new Error(split.type);
    // The last of them cannot be named on the wire: they share a part.
    expect(split.sums.length).toBeGreaterThan(150);
    expect(split.sums.length).toBeLessThan(190);
    expect(split.sums.reduce((sum, { count }) => sum + count, 0)).toBe(302);
  });

  test("tells the places that it may not read, and nothing below them", async () => {
    const tree = temporaryFolder();
    chmodSync(tree, 0o755);
    for (const [name, mode] of [
      ["open", 0o755],
      ["shut", 0o000],
      ["a\nb\xff", 0o000],
      ["names only", 0o744],
      ["enter only", 0o711],
    ] as const) {
      const path = Buffer.from(`${tree}/${name}`, "latin1");
      mkdirSync(path);
      writeFileSync(Buffer.concat([path, Buffer.from("/f")]), "");
      chmodSync(path, mode);
    }
    const farEnd = await farEndOf(tree, { user: "65534" });
    expect(farEnd.summary.unreadable.map(({ path, reason }) => [path.toString("latin1"), reason])).toEqual([
      ["a\nb\xff", "EACCES"],
      ["enter only", "EACCES"],
      ["names only", "EACCES"],
      ["shut", "EACCES"],
    ]);
    expect((await farEnd.listing()).map(({ path }) => path.toString())).toEqual(["open", "open/f"]);
  });

  test("is nothing but one unreadable place where the tree itself is shut", async () => {
    const tree = temporaryFolder();
    chmodSync(tree, 0o100);
    const { summary } = await farEndOf(tree, { user: "65534" });
    expect(summary.unreadable.map(({ path, reason }) => [path.toString(), reason])).toEqual([["", "EACCES"]]);
  });

  test("comes after the entries seen so far, every two seconds", async () => {
    const tree = temporaryFolder();
    many(tree, 100);
    // On a clock that runs a million times too fast.
    const prelude = "import time\nslow = time.monotonic\ntime.monotonic = lambda: slow() * 1e6";
    const { progress, summary } = await farEndOf(tree, { prelude });
    expect(progress.length).toBeGreaterThan(30);
    expect(progress).toEqual(progress.toSorted((one, other) => one - other));
    expect(progress.at(-1)).toBeLessThanOrEqual(summary.count);
  });
});

describe("questions", () => {
  test("a sketch of any size and any groups is the one that the laptop would make", async () => {
    const tree = temporaryFolder();
    many(tree, 2500);
    const entries = await laptopEntries(tree);
    const some = 0xf0f0_1234_5678_9abd_0001_8000_1248_c3a5n;
    // The tree's own folder counts in its group, whatever lies in it
    const own = groupOfEntry({ path: Buffer.from("x"), kind: "file", size: 0, mtime: 0 });
    const farEnd = await farEndOf(tree, { filter });
    for (const groups of [allGroups, some, 0n]) {
      const inside = entries.filter((one) => ((groups >> groupOfEntry(one)) & 1n) === 1n);
      const digests = inside.map((one) => digest(one, true));
      const ids = digests.map(([id]) => id);
      const without = ((groups >> own) & 1n) === 1n ? 0n : folderSums([], true).folders;
      const totals = {
        entries: {
          count: inside.length,
          id: sumOf(ids),
          second: sumOf(digests.map(([, second]) => second)),
        },
        folders: BigInt.asUintN(128, folderSums(inside, true).folders - without),
      };
      const halves = {
        high: Uint32Array.from(ids, (id) => Number(id >> 32n)),
        low: Uint32Array.from(ids, (id) => Number(id & 0xffff_ffffn)),
      };
      for (const size of [1, 24, 1000]) {
        const answer = await farEnd.ask({ type: "table", size, groups });
        const table = buildTable(halves, size);
        expect({ size, answer }).toEqual({ size, answer: { type: "table", totals, table } });
      }
      if (groups !== allGroups) continue;
      expect(await farEnd.ask({ type: "totals" })).toEqual({
        type: "totals",
        totals: { entries: expect.anything(), folders: farEnd.summary.folders },
      });
    }
  });

  test("entries are found by the start of their ids, in the groups that were asked for last", async () => {
    const tree = temporaryFolder();
    many(tree, 200);
    const entries = await laptopEntries(tree);
    const chosen = entries.filter((_, index) => index % 20 === 3);
    const starts = [...chosen.map((one) => startOf(digest(one, true)[0])), 1, 2 ** 40 - 1];
    const farEnd = await farEndOf(tree, { filter });
    const early = await farEnd.ask({ type: "entries", starts });
    expect(early).toEqual({ type: "entries", entries: [] });
    await farEnd.ask({ type: "totals" });
    for (const wanted of [starts.toSorted((one, other) => one - other), [], [5]]) {
      const answer = await farEnd.ask({ type: "entries", starts: wanted });
      const found = answer.type === "entries" ? answer.entries : [];
      expect(comparable(found)).toEqual(comparable(wanted.length > 1 ? chosen : []));
    }
  });

  test("sums and entries of ranges are those of the entries between their bounds", async () => {
    const tree = temporaryFolder();
    mkdirSync(join(tree, "a"));
    mkdirSync(join(tree, "a-b/c"), { recursive: true });
    mkdirSync(join(tree, "b"));
    for (const name of ["a/x", "a/y", "a-b/x", "a-b/c/z", "b/1", "b/2", "b.txt", "z", "\x01"]) {
      writeFileSync(join(tree, name), name);
    }
    const entries = await laptopEntries(tree);
    const farEnd = await farEndOf(tree, { filter });
    const bound = fc.oneof(
      fc.constantFrom(...entries.map(({ path }) => path)),
      fc.constantFrom("a/", "a0", "a-", "b/1\0", "zz", "\x01").map((text) => Buffer.from(text)),
      fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(bound, { maxLength: 6 }), fc.nat(63), async (some, asked) => {
        const bounds = [
          Buffer.alloc(0),
          ...some.toSorted((one, other) => Buffer.compare(one, other)),
          undefined,
        ];
        const ranges = bounds.slice(1).flatMap((high, index): Range[] => {
          const low = bounds[index] as Buffer;
          return ((asked >> index) & 1) === 1 ? [{ low, high }] : [];
        });
        expect(await farEnd.ask({ type: "sums", ranges })).toEqual({
          type: "sums",
          sums: ranges.map((range) => rangeSum(entries, range)),
        });
        const inside = await farEnd.ask({ type: "inside", ranges });
        expect(inside.type === "inside" && inside.entries.length).toBe(
          ranges.reduce((sum, range) => sum + rangeSum(entries, range).count, 0),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("a range is split into at most so many equal parts", async () => {
    const tree = temporaryFolder();
    many(tree, 200);
    const entries = await laptopEntries(tree);
    const farEnd = await farEndOf(tree, { filter });
    const range = { low: Buffer.from("a1"), high: Buffer.from("b5/") };
    const whole = rangeSum(entries, range);
    for (const parts of [1, 2, 7, 16, 255]) {
      const answer = await farEnd.ask({ type: "split", range, parts });
      if (answer.type !== "split") throw new Error(answer.type);
      const { bounds, sums } = answer;
      expect(sums).toHaveLength(Math.min(parts, whole.count));
      for (const { count } of sums) expect(Math.abs(count - whole.count / parts)).toBeLessThanOrEqual(1);
      const edges = [range.low, ...bounds, range.high];
      const inner = edges.slice(1).map((high, index) => ({ low: edges[index] as Buffer, high }));
      expect(sums).toEqual(inner.map((one) => rangeSum(entries, one)));
      // They travel: no byte more than tells two neighbours apart.
      for (const bound of bounds) {
        expect(rangeSum(entries, { low: bound.subarray(0, -1), high: bound }).count).toBeGreaterThan(0);
      }
    }
  });
});

describe("the conversation", () => {
  test("ends with the stream, and without a word where there was no hello", async () => {
    const farEnd = startFarEnd(temporaryFolder());
    farEnd.process.stdin?.end();
    expect(await farEnd.receive()).toBeUndefined();
    expect(await farEnd.end()).toEqual({ code: 0, stderr: "" });
  });

  test("ends with the stream in the middle of a frame", async () => {
    const farEnd = await farEndOf(temporaryFolder());
    farEnd.process.stdin?.end(Buffer.from([0, 0, 0, 5, 0x54]));
    expect(await farEnd.receive()).toBeUndefined();
    expect(await farEnd.end()).toEqual({ code: 0, stderr: "" });
  });

  test("ends without a complaint when nobody listens any more", async () => {
    const farEnd = await farEndOf(temporaryFolder());
    farEnd.process.stdout?.destroy();
    farEnd.send({ letter: "T", payload: Buffer.from([0, 0, 0x40, 0, ...Buffer.alloc(16, 1)]) });
    expect(await farEnd.end()).toEqual({ code: 1, stderr: "" });
  });

  test("is refused to another version, whatever else it says", async () => {
    const farEnd = startFarEnd(temporaryFolder());
    farEnd.send({ letter: "H", payload: packBody(Buffer.from('{"v":1,"other":"things"}')) });
    expect(await farEnd.receive()).toEqual({ letter: "V", payload: Buffer.from("3") });
    expect(await farEnd.end()).toEqual({ code: 0, stderr: "" });
  });

  test.each([
    ["a question before the hello", encodeFrame({ letter: "L", payload: Buffer.alloc(0) }), "no hello"],
    ["a frame longer than 16 MiB", Buffer.from([1, 0, 0, 1]), "a frame of 16777217 bytes"],
    ["an empty frame", Buffer.alloc(4), "a frame of 0 bytes"],
    [
      "a hello that is none",
      encodeFrame({ letter: "H", payload: packBody(Buffer.from("{}")) }),
      "KeyError: 'v'",
    ],
  ])("fails in words for %s", async (_, bytes, words) => {
    const farEnd = startFarEnd(temporaryFolder());
    farEnd.process.stdin?.write(bytes);
    expect((await farEnd.receive())?.payload.toString()).toBe(words);
    expect(await farEnd.end()).toEqual({ code: 1, stderr: "" });
  });

  test.each([
    ["an unknown question", "Z", "", "a question that is not known"],
    ["a sketch of no cells", "T", "\0\0\0\0\0\0\0\0\0\0\0\x01", "a sketch of 0 cells"],
    ["a sketch that no frame can hold", "T", "\0\x08\0\0\0\0\0\0\0\0\0\x01", "a sketch of 524288 cells"],
    ["a bound that is cut off", "R", "\0\0\x05ab", "a bound is cut off"],
    ["a body that zlib does not know", "E", "\x01abcdef", "incorrect header check"],
  ])("fails in words for %s", async (_, letter, payload, words) => {
    const farEnd = await farEndOf(temporaryFolder());
    farEnd.send({ letter, payload: Buffer.from(payload, "latin1") });
    const frame = await farEnd.receive();
    expect(frame?.letter).toBe("X");
    expect(frame?.payload.toString()).toContain(words);
    expect(await farEnd.end()).toEqual({ code: 1, stderr: "" });
  });

  test("nothing of the tree is run, whatever its files are called", async () => {
    const tree = temporaryFolder();
    for (const name of ["json", "zlib", "struct", "hashlib", "array", "os"]) {
      writeFileSync(join(tree, `${name}.py`), "raise SystemExit('ran')");
    }
    expect((await farEndOf(tree)).summary.count).toBe(6);
  });
});
