import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/tree/entry.ts";
import { packer, type PackedTree } from "../../../src/tree/reconcile/packed-tree.ts";
import { entry, tree } from "../../support/random-entries.ts";

function pack(entries: readonly Entry[]): PackedTree {
  const into = packer();
  entries.forEach((one, number) => into.add(one, number % 64));
  return into.done();
}

test("a packed tree gives back the entries that went in", () => {
  fc.assert(
    fc.property(tree, (entries) => {
      const packed = pack(entries);
      expect(packed.count).toBe(entries.length);
      const numbers = entries.map((_, number) => number);
      expect(numbers.map((number) => packed.entry(number))).toEqual(entries);
      expect(numbers.map((number) => packed.path(number))).toEqual(entries.map(({ path }) => path));
      expect([...packed.groups]).toEqual(numbers.map((number) => number % 64));
    }),
    { numRuns: 40 },
  );
});

test("more entries than there was room for at first are kept", () => {
  const entries = Array.from({ length: 5000 }, (_, number): Entry => {
    return {
      path: Buffer.from(`${number + 10_000}${"x".repeat(number % 300)}`),
      kind: "file",
      size: number,
      mtime: 0,
    };
  });
  const packed = pack(entries);
  for (const number of [0, 1023, 1024, 2048, 4999]) expect(packed.entry(number)).toEqual(entries[number]);
});

test("a path is found where it is or would be", () => {
  fc.assert(
    fc.property(tree, entry, (entries, { path }) => {
      const packed = pack(entries);
      const before = entries.filter((one) => Buffer.compare(one.path, path) < 0);
      expect(packed.find(path)).toBe(before.length);
      expect(entries.map((one) => packed.find(one.path))).toEqual(entries.map((_, number) => number));
    }),
    { numRuns: 40 },
  );
});

const file = (path: string): Entry => ({ path: Buffer.from(path), kind: "file", size: 0, mtime: 0 });

describe("what would turn into a wrong difference is refused", () => {
  test.each([
    ["a wrong order", ["a", "c", "b"]],
    ["a path twice", ["a", "a"]],
    ["a folder's content before what sorts before it", ["a/x", "a-b"]],
  ])("%s", (_, paths) => {
    expect(() => pack(paths.map(file))).toThrow("out of order");
  });
});
