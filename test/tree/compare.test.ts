import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareTrees,
  type CompareOptions,
  type Comparison,
  type ContentVerdict,
} from "../../src/tree/compare.ts";
import type { Entry, Scanned, Unreadable } from "../../src/tree/entry.ts";
import { byPath } from "../../src/tree/order.ts";
import { scanOf, type Scan } from "../../src/tree/scan.ts";

const options: CompareOptions = { names: { left: "laptop", right: "mom" }, mtimeWindow: 0 };

function file(path: string, size = 1, mtime = 100): Entry {
  return { path: Buffer.from(path), kind: "file", size, mtime };
}

function folder(path: string, mtime = 0): Entry {
  return { path: Buffer.from(path), kind: "folder", size: 0, mtime };
}

function link(path: string, target: string, mtime = 0): Entry {
  return { path: Buffer.from(path), kind: "symlink", size: 0, mtime, target: Buffer.from(target) };
}

function unreadable(path: string): Unreadable {
  return { path: Buffer.from(path), kind: "unreadable", reason: "EACCES" };
}

async function compare(
  left: readonly Scanned[],
  right: readonly Scanned[],
  more: Partial<CompareOptions> = {},
): Promise<Comparison> {
  return compareTrees(sorted(left), sorted(right), { ...options, ...more });
}

function sorted(entries: readonly Scanned[]): Scan {
  return scanOf(entries.toSorted(byPath));
}

/** `KIND path`, with the reason of what differs. */
function told(comparison: Comparison): string[] {
  return comparison.differences.map((difference) => {
    const by = difference.kind === "differs" ? ` by ${difference.by}` : "";
    return `${difference.kind} ${difference.path.toString()}${by}`;
  });
}

describe("two entries of one path", () => {
  test.each<[string, Entry, Entry, string[]]>([
    ["the same file", file("a"), file("a"), []],
    ["files of other sizes", file("a", 1), file("a", 2), ["differs a by size"]],
    ["files of other times", file("a", 1, 1), file("a", 1, 2), ["differs a by mtime"]],
    ["folders of other times", folder("a", 1), folder("a", 2), []],
    ["symlinks of other times", link("a", "x", 1), link("a", "x", 2), []],
    ["symlinks with other targets", link("a", "x"), link("a", "y"), ["differs a by target"]],
    ["a file and a folder", file("a"), folder("a"), ["differs a by kind"]],
    ["a symlink and what it points to", link("a", "b"), file("a"), ["differs a by kind"]],
  ])("%s", async (_, left, right, expected) => {
    expect(told(await compare([left], [right]))).toEqual(expected);
  });

  test("are the same within the window of time, the ends included", async () => {
    const pair = [[file("a", 1, 100)], [file("a", 1, 102)]] as const;
    expect(told(await compare(...pair, { mtimeWindow: 2 }))).toEqual([]);
    expect(told(await compare(...pair, { mtimeWindow: 1 }))).toEqual(["differs a by mtime"]);
  });
});

describe("what could not be read", () => {
  test("makes everything below it unknown on the other side, and nothing else", async () => {
    const left = [unreadable("d")];
    const right = [folder("d"), file("d-x"), file("d/a"), file("d/b/c")];
    expect(told(await compare(left, right))).toEqual([
      "unknown d",
      "only-right d-x",
      "unknown d/a",
      "unknown d/b/c",
    ]);
    expect(told(await compare(right, left))).toEqual([
      "unknown d",
      "only-left d-x",
      "unknown d/a",
      "unknown d/b/c",
    ]);
  });

  test("is unknown on both sides, even when neither could read it", async () => {
    expect(told(await compare([unreadable("d")], [unreadable("d")]))).toEqual(["unknown d"]);
  });

  test("covers the whole tree when it is the tree", async () => {
    expect(told(await compare([unreadable("")], [file("a")]))).toEqual(["unknown ", "unknown a"]);
  });

  test("covers what lies below another normalisation of its name", async () => {
    const comparison = await compare([unreadable("e\u0301")], [folder("\u00e9"), file("\u00e9/a")]);
    expect(told(comparison)).toContain("unknown \u00e9/a");
    expect(comparison.totals.onlyRight.entries).toBe(0);
  });

  test("counts also when it turns out only at the end", async () => {
    const left: Scan = { ...sorted([folder("d"), file("e")]), late: () => [unreadable("d")] };
    const right = sorted([folder("d"), file("d/a"), file("e"), file("f")]);
    expect(told(await compareTrees(left, right, options))).toEqual([
      "unknown d",
      "unknown d/a",
      "only-right f",
    ]);
  });
});

describe("names that only look the same", () => {
  test("are one file under two normalisations when size and time agree", async () => {
    const comparison = await compare([file("caf\u00e9")], [file("cafe\u0301")]);
    expect(told(comparison)).toEqual(["normalisation caf\u00e9"]);
    expect(comparison.differences[0]?.right?.path).toEqual(Buffer.from("cafe\u0301"));
  });

  test("differ when size or time do not agree", async () => {
    expect(told(await compare([file("\u00e9", 1)], [file("e\u0301", 2)]))).toEqual([
      "differs \u00e9 by size",
    ]);
    expect(told(await compare([file("\u00e9", 1, 1)], [file("e\u0301", 1, 2)]))).toEqual([
      "differs \u00e9 by mtime",
    ]);
  });

  test("are paired below a folder of two normalisations", async () => {
    const comparison = await compare(
      [folder("\u00e9"), file("\u00e9/a")],
      [folder("e\u0301"), file("e\u0301/a")],
    );
    expect(told(comparison)).toEqual(["normalisation \u00e9", "normalisation \u00e9/a"]);
  });

  test("stay apart when one side has both", async () => {
    expect(told(await compare([file("\u00e9"), file("e\u0301")], [file("\u00e9")]))).toEqual([
      "only-left e\u0301",
    ]);
  });

  test("stay apart when they are not UTF-8", async () => {
    const left = { ...file(""), path: Buffer.from([0xe9]) };
    const right = { ...file(""), path: Buffer.from([0x65, 0xcc]) };
    expect(told(await compare([left], [right]))).toHaveLength(2);
  });

  test("by case are told as twins, and are still two files", async () => {
    const comparison = await compare([file("Photo.JPG")], [file("photo.jpg")]);
    expect(told(comparison)).toEqual(["only-left Photo.JPG", "only-right photo.jpg"]);
    expect(comparison.caseTwins).toBe(1);
    expect(comparison.differences[0]).toMatchObject({ caseTwin: Buffer.from("photo.jpg") });
  });
});

describe("with checksums", () => {
  const asked: string[] = [];
  const checksum =
    (verdict: ContentVerdict): NonNullable<CompareOptions["checksum"]> =>
    async (candidates) => {
      asked.push(...candidates.map(({ left }) => left.path.toString()));
      return candidates.map(() => verdict);
    };

  test("only files whose sizes agree are hashed, and time decides nothing", async () => {
    asked.length = 0;
    const left = [file("a", 5, 1), file("b", 1), file("c", 0), folder("d"), file("only")];
    const right = [file("a", 5, 2), file("b", 2), file("c", 0), folder("d")];
    expect(told(await compare(left, right, { checksum: checksum("same") }))).toEqual([
      "differs b by size",
      "only-left only",
    ]);
    expect(asked).toEqual(["a"]);
  });

  test("content has the last word, and what could not be hashed is unknown", async () => {
    const pair = [
      [file("a"), file("\u00e9")],
      [file("a"), file("e\u0301")],
    ] as const;
    expect(told(await compare(...pair, { checksum: checksum("differs") }))).toEqual([
      "differs a by content",
      "differs \u00e9 by content",
    ]);
    expect(told(await compare(...pair, { checksum: checksum({ unknown: "EIO" }) }))).toEqual([
      "unknown a",
      "unknown \u00e9",
    ]);
    expect(told(await compare(...pair, { checksum: checksum("same") }))).toEqual(["normalisation \u00e9"]);
  });
});

describe("what only one side's own rules hide", () => {
  test("is unknown, and what both hide is left out", async () => {
    const pair = [[file("a.iso"), file("b")], [file("b")]] as const;
    expect(told(await compare(...pair, { hides: { right: iso } }))).toEqual(["unknown a.iso"]);
    const both = await compare(...pair, { hides: { left: iso, right: iso } });
    expect(told(both)).toEqual([]);
    expect(both.left.files).toBe(1);
  });

  test("is the same where it is the same", async () => {
    expect(told(await compare([file("a.iso")], [file("a.iso")], { hides: { left: iso } }))).toEqual([]);
  });
});

test("the numbers of any two trees add up, and the sides are symmetric", async () => {
  const name = fc.constantFrom("a", "A", "b", "\u00e9", "e\u0301", "d", "d/a", "d/b", "x y", "z");
  const tree = fc.uniqueArray(
    fc
      .tuple(name, fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }))
      .map((parts) => file(...parts)),
    { selector: (entry) => entry.path.toString() },
  );
  await fc.assert(
    fc.asyncProperty(tree, tree, async (left, right) => {
      const { totals, differences, ...sides } = await compare(left, right);
      const both = totals.same.entries + totals.differ.entries + totals.normalisation.entries;
      expect(both + totals.onlyLeft.entries).toBe(left.length);
      expect(both + totals.onlyRight.entries).toBe(right.length);
      expect(sides.left.files).toBe(left.length);
      expect(sides.left.bytes).toBe(left.reduce((sum, entry) => sum + entry.size, 0));
      expect(differences).toEqual(differences.toSorted(byPath));
      const mirrored = (await compare(right, left)).totals;
      expect(mirrored.onlyLeft.entries).toBe(totals.onlyRight.entries);
      expect(mirrored.same).toEqual(totals.same);
      expect(told(await compare(left, left))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

function iso(path: string): boolean {
  return path.endsWith(".iso");
}
