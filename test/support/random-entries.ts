import fc from "fast-check";
import type { Entry } from "../../src/tree/entry.ts";
import { byPath } from "../../src/tree/order.ts";
import { oddNames } from "./random-tree.ts";

export interface TwoTrees {
  readonly left: readonly Entry[];
  readonly right: readonly Entry[];
}

const name = fc.oneof(
  fc.constantFrom(...oddNames),
  fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);
const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((names) => Buffer.from(names.join("/"), "latin1"));
const size = fc.oneof(fc.constantFrom(0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER), fc.nat());
const mtime = fc.oneof(
  fc.constantFrom(0, -1, 2 ** 31, 2 ** 34, -(2 ** 31), 2 ** 52, -(2 ** 53) + 2),
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
);

/** Any entry that a scan may give; a path need not have its folders. */
export const entry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ path, kind: fc.constant("file" as const), size, mtime }) },
  fc.record({
    path,
    kind: fc.constantFrom("folder" as const, "special" as const),
    size: fc.constant(0),
    mtime,
  }),
  fc.record({
    path,
    kind: fc.constant("symlink" as const),
    size: fc.constant(0),
    mtime,
    target: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  }),
);

/** In the order of paths, each once. */
export const tree: fc.Arbitrary<Entry[]> = fc.array(entry, { maxLength: 120, size: "max" }).map(inOrder);

const change: fc.Arbitrary<(entry: Entry) => Entry[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant((one: Entry) => [one]) },
  fc.constant(() => []),
  fc.constant((one: Entry) => [
    one.kind === "file" ? { ...one, size: one.size > 0 ? one.size - 1 : 1 } : one,
  ]),
  fc.constant((one: Entry) => [{ ...one, mtime: one.mtime + 1 }]),
  fc.constant((one: Entry): Entry[] => [{ path: one.path, kind: "folder", size: 0, mtime: one.mtime }]),
  fc.constant((one: Entry): Entry[] => [{ path: one.path, kind: "file", size: 7, mtime: one.mtime }]),
  fc.constant((one: Entry) => [{ ...one, path: Buffer.concat([one.path, Buffer.of(0)]) }]),
);

/** Equal, alike, disjoint, or one of them empty. */
export const twoTrees: fc.Arbitrary<TwoTrees> = fc.oneof(
  tree.map((left) => ({ left, right: left })),
  {
    weight: 6,
    arbitrary: fc
      .tuple(tree, fc.array(change, { maxLength: 120, size: "max" }), fc.array(entry, { maxLength: 10 }))
      .map(([left, changes, more]) => {
        const right = left.flatMap((one, index) => changes[index]?.(one) ?? [one]);
        return { left, right: inOrder([...right, ...more]) };
      }),
  },
  fc.record({ left: tree, right: tree }),
  tree.map((left) => ({ left, right: [] })),
  tree.map((right) => ({ left: [], right })),
);

export function inOrder(entries: readonly Entry[]): Entry[] {
  const paths = new Map(entries.map((one) => [one.path.toString("latin1"), one]));
  return [...paths.values()].toSorted(byPath);
}
