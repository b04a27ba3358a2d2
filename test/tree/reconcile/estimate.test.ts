import { describe, expect, test } from "vitest";
import {
  costsOf,
  estimateLeft,
  nextSize,
  rangesPay,
  sketchPays,
} from "../../../src/tree/reconcile/estimate.ts";
import { addTable, emptySketch, type Sketch } from "../../../src/tree/reconcile/sketch.ts";
import { emptyTable, largestSize, toggle } from "../../../src/tree/reconcile/table.ts";

/** A first table of so many ids that only the left tree has, and so many that only the right one has. */
function sketchOf(left: number, right: number, size = 24): Sketch {
  const table = emptyTable(size);
  let state = 1;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  const mixed = (): number => (random() ^ (random() >>> 13)) >>> 0;
  for (let id = 0; id < left + right; id += 1) toggle(table, mixed(), mixed(), id < left ? 1 : -1);
  return addTable(emptySketch, table);
}

describe("how many records differ is told by the counts of a table that does not decode", () => {
  test.each([
    [100, 100],
    [750, 750],
    [0, 1500],
    [5000, 100],
    [10_000, 10_000],
    [200_000, 0],
  ])("%d only left, %d only right", (left, right) => {
    const sketch = sketchOf(left, right);
    const all = sketch.known.size + estimateLeft(sketch, left - right);
    expect(all).toBeGreaterThan(0.5 * (left + right));
    expect(all).toBeLessThan(1.6 * (left + right));
  });
});

const sketchWith = (known: number, ...sizes: number[]): Sketch => ({
  tables: sizes.map(emptyTable),
  known: new Map(Array.from({ length: known }, (_, id) => [BigInt(id), 1])),
  decoded: false,
});

describe("the next table", () => {
  test.each<[string, Sketch, number, number]>([
    [
      "is 1.25 cells a record, more for an estimate that may be wrong, and some spare",
      sketchWith(0, 24),
      1500,
      757,
    ],
    ["is one to make the estimate better where it will be large", sketchWith(0, 24), 15_000, 185],
    ["is closer to the need once the estimate is good", sketchWith(0, 24, 185), 15_000, 6703],
    ["is twice as fine where a few ids share all their cells", sketchWith(148, 68), 2, 136],
    ["is smaller than one that did not decode, which is still of use", sketchWith(100, 600), 1400, 388],
    ["fits into a frame", sketchWith(0, 24, 30_000), 5_000_000, largestSize],
  ])("%s", (_, given, left, expected) => {
    expect(nextSize(given, left)).toBe(expected);
  });
});

describe("the cheapest way by the bytes on the wire", () => {
  const tree = 297_481;
  test.each<[string, Parameters<typeof costsOf>[0], boolean, boolean]>([
    [
      "1,500 of 300,000 differ",
      { differing: 1500, countDifference: 0, far: { right: tree }, size: 800 },
      true,
      true,
    ],
    [
      "15,000 of 300,000 differ",
      { differing: 15_000, countDifference: 0, far: { right: tree }, size: 7000 },
      true,
      false,
    ],
    [
      "half of 300,000 differ",
      { differing: 150_000, countDifference: 0, far: { right: tree }, size: 70_000 },
      false,
      false,
    ],
    ["one of 20 differs", { differing: 2, countDifference: 0, far: { right: 20 }, size: 24 }, false, false],
    ["one of 200 differs", { differing: 2, countDifference: 0, far: { right: 200 }, size: 24 }, true, true],
    [
      "all are on the laptop, the node is empty",
      { differing: tree, countDifference: tree, far: { right: 0 }, size: tree },
      false,
      false,
    ],
    [
      "1,500 differ between two nodes",
      { differing: 1500, countDifference: 0, far: { left: tree, right: tree }, size: 800 },
      true,
      true,
    ],
  ])("%s", (_, question, sketch, ranges) => {
    const costs = costsOf(question);
    expect(sketchPays(costs)).toBe(sketch);
    expect(rangesPay(costs)).toBe(ranges);
  });

  test("counts what a side in process has for nothing", () => {
    const left = costsOf({ differing: 100, countDifference: 100, far: { right: 1000 }, size: 24 });
    expect(left.sketch).toBe(24 * 33);
  });
});
