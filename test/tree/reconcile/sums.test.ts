import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprinter } from "../../../src/tree/reconcile/fingerprint.ts";
import { idOf, join64, sameSums, sum64, sumsOf, without } from "../../../src/tree/reconcile/sums.ts";
import { tree } from "../../support/random-entries.ts";

const half = fc.integer({ min: 0, max: 0xffff_ffff });
const hashing = { key: Buffer.alloc(16, 7), times: true };

test("halves add up to the sum mod 2^64", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(half, half)), (halves) => {
      const sum = sum64();
      for (const [high, low] of halves) sum.add(high, low);
      const expected = halves.reduce((total, [high, low]) => total + join64(high, low), 0n);
      expect(sum.value()).toBe(BigInt.asUintN(64, expected));
    }),
  );
});

test("as many as a double cannot hold add up, too", () => {
  const sum = sum64();
  const most = 3_000_000;
  for (let count = 0; count < most; count += 1) sum.add(0xffff_ffff, 0xffff_ffff);
  expect(sum.value()).toBe(BigInt.asUintN(64, -BigInt(most)));
});

test("a tree without a part has the sums of the rest", () => {
  fc.assert(
    fc.property(tree, fc.nat(), (entries, at) => {
      const cut = at % (entries.length + 1);
      const rest = without(sumsOf(entries, hashing), sumsOf(entries.slice(0, cut), hashing));
      expect(sameSums(rest, sumsOf(entries.slice(cut), hashing))).toBe(true);
    }),
  );
});

test("one entry's sum is its id", () => {
  fc.assert(
    fc.property(tree, ([one]) => {
      fc.pre(one !== undefined);
      expect(sumsOf([one], hashing).id).toBe(idOf(fingerprinter(hashing)(one)));
    }),
  );
});
