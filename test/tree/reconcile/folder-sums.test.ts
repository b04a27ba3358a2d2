import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../../src/tree/entry.ts";
import { folderSummer, type FolderSums } from "../../../src/tree/reconcile/folder-sums.ts";
import { allGroups } from "../../../src/tree/reconcile/groups.ts";
import { sameRecord } from "../../../src/tree/reconcile/record.ts";
import { inOrder, tree, twoTrees } from "../../support/random-entries.ts";

const hashing = { key: Buffer.from("0123456789abcdef"), times: true };

function sumsOf(entries: readonly Entry[], times = true): FolderSums {
  const summer = folderSummer({ ...hashing, times });
  for (const one of entries) summer.add(one);
  return summer.done();
}

function file(path: string, size = 0, mtime = 0): Entry {
  return { path: Buffer.from(path), kind: "file", size, mtime };
}

function link(path: string, target: string): Entry {
  return { path: Buffer.from(path), kind: "symlink", size: 0, mtime: 0, target: Buffer.from(target) };
}

test("two trees have the same sum exactly when they hold the same", () => {
  fc.assert(
    fc.property(twoTrees, fc.boolean(), ({ left, right }, times) => {
      const same =
        left.length === right.length &&
        left.every((one, at) => {
          const other = right[at] as Entry;
          return one.path.equals(other.path) && sameRecord(one, other, times);
        });
      expect(sumsOf(left, times).of(allGroups) === sumsOf(right, times).of(allGroups)).toBe(same);
    }),
  );
});

test("a change in one folder shows in that folder's group alone", () => {
  const [one, other] = [1, 2].map((size) =>
    inOrder([{ ...file("a"), kind: "folder" }, file("a/x", size), file("a-b", 1), file("z", 2)]),
  ) as [Entry[], Entry[]];
  const summer = folderSummer(hashing);
  const groups = one.map((entry) => summer.add(entry));
  const [before, after] = [sumsOf(one), sumsOf(other)];
  const changed = before.groups.flatMap((sum, group) => (sum === after.groups[group] ? [] : group));
  // a, a-b, a/x, z
  expect(changed).toEqual([groups[2]]);
});

test("the sums of disjoint sets of groups add up", () => {
  fc.assert(
    fc.property(tree, fc.bigInt({ min: 0n, max: allGroups }), (entries, some) => {
      const sums = sumsOf(entries);
      const whole = BigInt.asUintN(128, sums.of(some) + sums.of(allGroups & ~some));
      expect(whole).toBe(sums.of(allGroups));
      expect(sums.groups.map(BigInt)).toEqual(
        sums.groups.map((_, group) => sums.of(1n << BigInt(group)) & 0xffffn),
      );
    }),
  );
});

test.each<[string, readonly Entry[], readonly Entry[]]>([
  ["a name that could be two", [file("afb")], [file("a"), file("b")]],
  ["a target that could be a name", [link("a", "fb")], [link("a", ""), file("b")]],
  ["a size and a time that change places", [file("a", 1, 2)], [file("a", 2, 1)]],
])("%s is told apart", (_, one, other) => {
  expect(sumsOf(one).of(allGroups)).not.toBe(sumsOf(other).of(allGroups));
});
