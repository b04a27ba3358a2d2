import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { age, percent, signedBytes, signedCount } from "../../src/report/numbers.ts";

describe("percent", () => {
  test.each([
    [297_481, 297_481, "100%"],
    [297_480, 297_481, "99.9%"],
    [297_482, 297_481, "100.1%"],
    [0, 10, "0.0%"],
    [0, 0, "100%"],
    [5, 0, undefined],
    [20, 10, "200.0%"],
  ])("%i of %i is %s", (part, whole, expected) => {
    expect(percent(part, whole)).toBe(expected);
  });

  test("says 100% of the whole alone", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1 }), (part, whole) => {
        expect(Number.parseFloat(percent(part, whole) ?? "") === 100).toBe(part === whole);
      }),
    );
  });
});

test.each([
  [0, "0"],
  [1234, "+1,234"],
  [-5, "-5"],
])("a difference of %i files is %s", (value, expected) => {
  expect(signedCount(value)).toBe(expected);
});

test.each([
  [0, "human", "0"],
  [1536, "human", "+1.5 KiB"],
  [-1536, "human", "-1.5 KiB"],
  [1536, "exact", "+1536"],
  [-1536, "exact", "-1536"],
] as const)("a difference of %i bytes, %s, is %s", (value, numbers, expected) => {
  expect(signedBytes(value, numbers)).toBe(expected);
});

test.each([
  [0, "now"],
  [90_000, "1 min"],
  [3 * 86_400_000 + 4 * 3_600_000, "3 d"],
])("an age of %i ms is %s", (milliseconds, expected) => {
  expect(age(milliseconds)).toBe(expected);
});
