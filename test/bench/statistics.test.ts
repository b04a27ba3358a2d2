import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { median, medianOf, pairedRatio, peakValue } from "./statistics.ts";

describe("median", () => {
  test.each([
    [[5], 5],
    [[9, 1, 5], 5],
    [[1, 2, 3, 10], 2.5],
  ])("of %j is %d", (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  test("has as many values below as above", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  test("of nothing is an error, of nothing known is not known", () => {
    expect(() => median([])).toThrow(RangeError);
    expect(medianOf([undefined])).toBeUndefined();
    expect(medianOf([undefined, 3])).toBe(3);
  });
});

describe("paired ratio", () => {
  test("is the middle of each round's quotient, so that a loud round does not count", () => {
    expect(pairedRatio([1, 20, 1.2], [1, 20, 1])).toBe(1);
  });

  test("leaves out rounds that one of the two lacks", () => {
    expect(pairedRatio([1, 4, undefined], [2])).toBe(0.5);
    expect(pairedRatio([1], [])).toBeUndefined();
    expect(pairedRatio([1], [0])).toBeUndefined();
  });
});

test("a peak is the largest; it is below the floor only when all of them are", () => {
  expect(peakValue([{ value: 8, below: true }, { value: 9 }, undefined])).toEqual({ value: 9 });
  expect(peakValue([{ value: 8, below: true }])).toEqual({ value: 8, below: true });
  expect(peakValue([])).toBeUndefined();
});
