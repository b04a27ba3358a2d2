import fc from "fast-check";
import { expect, test } from "vitest";
import {
  allGroups,
  differingGroups,
  isGroupSums,
  isIn,
  readGroupSums,
  writeGroupSums,
} from "../../../src/tree/reconcile/groups.ts";

const sums = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 128, maxLength: 128 });

test("sums come over as they were given", () => {
  fc.assert(
    fc.property(sums, (some) => {
      const text = writeGroupSums(some);
      expect(isGroupSums(text)).toBe(true);
      expect(readGroupSums(text)).toEqual(some);
    }),
  );
  expect([isGroupSums("0".repeat(511)), isGroupSums("g".repeat(512))]).toEqual([false, false]);
});

test("groups differ where their sums do, and all of them where no sum tells", () => {
  fc.assert(
    fc.property(sums, fc.uniqueArray(fc.nat(127), { minLength: 1 }), (some, changed) => {
      const other = some.map((sum, group) => (changed.includes(group) ? sum ^ 1 : sum));
      expect(differingGroups(some, other)).toBe(
        changed.reduce((set, group) => set | (1n << BigInt(group)), 0n),
      );
      expect(differingGroups(some, some)).toBe(allGroups);
    }),
  );
});

test("a set holds the groups whose bits are set", () => {
  const set = (1n << 127n) | 1n;
  expect([0, 1, 126, 127].map((group) => isIn(set, group))).toEqual([true, false, false, true]);
});
