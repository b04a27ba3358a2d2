import fc from "fast-check";
import { expect, test } from "vitest";
import {
  allGroups,
  differingGroups,
  groupSums,
  idsIn,
  isGroupSums,
  readGroupSums,
  writeGroupSums,
} from "../../../src/tree/reconcile/groups.ts";

const sums = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 64, maxLength: 64 });

test("sums come over as they were given", () => {
  fc.assert(
    fc.property(sums, (some) => {
      const text = writeGroupSums(some);
      expect(isGroupSums(text)).toBe(true);
      expect(readGroupSums(text)).toEqual(some);
    }),
  );
  expect([isGroupSums("0".repeat(255)), isGroupSums("g".repeat(256))]).toEqual([false, false]);
});

test("a group's sum is that of the lower 16 bits of its ids", () => {
  const made = groupSums();
  made.add(3, 0xffff_ffff);
  made.add(3, 0x1_0003);
  made.add(63, 7);
  expect(made.value().flatMap((sum, group) => (sum === 0 ? [] : [[group, sum]]))).toEqual([
    [3, 2],
    [63, 7],
  ]);
});

test("groups differ where their sums do, and all of them where no sum tells", () => {
  fc.assert(
    fc.property(sums, fc.uniqueArray(fc.nat(63), { minLength: 1 }), (some, changed) => {
      const other = some.map((sum, group) => (changed.includes(group) ? sum ^ 1 : sum));
      expect(differingGroups(some, other)).toBe(
        changed.reduce((set, group) => set | (1n << BigInt(group)), 0n),
      );
      expect(differingGroups(some, some)).toBe(allGroups);
    }),
  );
});

test("the ids of some groups are those alone", () => {
  const tree = {
    ids: { high: Uint32Array.of(1, 2, 3), low: Uint32Array.of(4, 5, 6) },
    groups: Uint8Array.of(0, 63, 5),
  };
  expect(idsIn(tree, (1n << 63n) | 1n)).toEqual({ high: Uint32Array.of(1, 2), low: Uint32Array.of(4, 5) });
  expect(idsIn(tree, allGroups)).toEqual(tree.ids);
});
