import { describe, expect, test } from "vitest";
import { below, normal, seeded } from "./random.ts";
import { median } from "./statistics.ts";

describe("random numbers", () => {
  test("are the same for the same seed, and others for another", () => {
    const [first, again, other] = [7, 7, 8].map((seed) => Array.from({ length: 5 }, seeded(seed)));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test("lie evenly below their limit", () => {
    const random = seeded(1);
    const drawn = Array.from({ length: 4000 }, () => below(random, 4));
    for (const number of [0, 1, 2, 3]) {
      expect(drawn.filter((one) => one === number).length / 4000).toBeCloseTo(0.25, 1);
    }
  });

  test("of the normal distribution are around nought, two thirds of them within one", () => {
    const random = seeded(1);
    const drawn = Array.from({ length: 4000 }, () => normal(random));
    expect(median(drawn)).toBeCloseTo(0, 1);
    expect(drawn.filter((one) => Math.abs(one) < 1).length / 4000).toBeCloseTo(0.683, 1);
  });
});
