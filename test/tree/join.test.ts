import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/tree/entry.ts";
import { join, type Pair } from "../../src/tree/join.ts";
import { byPath } from "../../src/tree/order.ts";

const paths = fc
  .uniqueArray(
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  )
  .map((texts) => texts.map(entry).toSorted(byPath));

function entry(path: string): Entry {
  return { path: Buffer.from(path, "latin1"), kind: "file", size: 0, mtime: 0 };
}

async function pairs(left: readonly Entry[][], right: readonly Entry[][]): Promise<Pair[]> {
  const found: Pair[] = [];
  for await (const pair of join(left, right)) found.push(pair);
  return found;
}

function batches(entries: readonly Entry[], size: number): Entry[][] {
  const parts: Entry[][] = [[]];
  for (let at = 0; at < entries.length; at += size) parts.push(entries.slice(at, at + size));
  return parts;
}

test("every path comes once, in order, with the sides that have it", async () => {
  await fc.assert(
    fc.asyncProperty(paths, paths, fc.integer({ min: 1, max: 4 }), async (left, right, size) => {
      const found = await pairs(batches(left, size), batches(right, size + 1));
      expect(names(found.map((pair) => pair.left as Entry | undefined))).toEqual(names(left));
      expect(names(found.map((pair) => pair.right as Entry | undefined))).toEqual(names(right));
      const all = names(found.map((pair) => (pair.left ?? pair.right) as Entry));
      // In latin1, one character a byte, JavaScript's order of strings is the order of bytes.
      expect(all).toEqual([...new Set([...names(left), ...names(right)])].toSorted());
      const unequal = found.filter(({ left: l, right: r }) => l && r && !l.path.equals(r.path));
      expect(unequal).toEqual([]);
    }),
  );
});

describe("a side that would give a wrong answer is refused", () => {
  test.each([
    ["out of order", [["b"], ["a"]], "out of order"],
    ["out of order within a batch", [["a", "c", "b"]], "out of order"],
    ["with a path twice", [["a"], ["a"]], "twice"],
  ])("%s", async (_, given, word) => {
    const side = given.map((batch) => batch.map(entry));
    await expect(pairs(side, [[entry("x")]])).rejects.toThrow(word);
    await expect(pairs([[entry("x")]], side)).rejects.toThrow(word);
  });
});

test("a reader that stops early lets both sides go", async () => {
  const closed: string[] = [];
  const side = async function* (name: string): AsyncGenerator<Entry[]> {
    try {
      for (let index = 10; index < 100; index += 1) yield [entry(String(index))];
    } finally {
      closed.push(name);
    }
  };
  for await (const pair of join(side("left"), side("right"))) {
    expect(pair.left).toBeDefined();
    break;
  }
  expect(closed.toSorted()).toEqual(["left", "right"]);
});

function names(entries: readonly (Entry | undefined)[]): string[] {
  return entries.flatMap((one) => (one ? [one.path.toString("latin1")] : []));
}
