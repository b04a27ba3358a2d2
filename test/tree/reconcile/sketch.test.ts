import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimateLeft, firstSize, nextSize } from "../../../src/tree/reconcile/estimate.ts";
import { addTable, emptySketch, idsOf, type Sign, type Sketch } from "../../../src/tree/reconcile/sketch.ts";
import { cellOf, checkOf, emptyTable, lists, toggle, type Table } from "../../../src/tree/reconcile/table.ts";

/** The same every time: `count` ids of either side. */
function difference(seed: string, count: number): Map<bigint, Sign> {
  return new Map(
    Array.from({ length: count }, (_, number) => {
      const digest = createHash("sha256").update(`${seed} ${number}`).digest();
      return [digest.readBigUInt64BE(), (digest[8] as number) < 128 ? 1 : -1];
    }),
  );
}

function tableOf(ids: ReadonlyMap<bigint, Sign>, size: number): Table {
  const table = emptyTable(size);
  for (const [id, sign] of ids) toggle(table, ...halves(id), sign);
  return table;
}

function halves(id: bigint): [number, number] {
  return [Number(id >> 32n), Number(id & 0xffff_ffffn)];
}

function checkOfId(id: bigint): number {
  return checkOf(...halves(id));
}

/** As the sketch's way does it; gives the sizes of the tables. */
function ask(ids: ReadonlyMap<bigint, Sign>): { sketch: Sketch; sizes: number[] } {
  let surplus = 0;
  for (const sign of ids.values()) surplus += sign;
  const sizes = [firstSize];
  let sketch = addTable(emptySketch, tableOf(ids, firstSize));
  while (!sketch.decoded && sizes.length < 5) {
    const size = nextSize(sketch, estimateLeft(sketch, surplus));
    sizes.push(size);
    sketch = addTable(sketch, tableOf(ids, size));
  }
  return { sketch, sizes };
}

test("1.35 cells for each of 1,500 differing records decode nearly always", () => {
  const decoded = Array.from({ length: 20 }, (_, seed) =>
    addTable(emptySketch, tableOf(difference(`a ${seed}`, 1500), Math.ceil((1.35 * 1500) / lists))),
  ).filter((sketch) => sketch.decoded);
  expect(decoded.length).toBeGreaterThanOrEqual(19);
});

describe("tables are asked for until the difference is known", () => {
  test.each([
    [1, 1, 20],
    [14, 1, 4],
    [100, 4, 3],
    [1500, 3, 2],
    [6000, 4, 1],
  ])("%d records take at most %d tables", (count, most, runs) => {
    for (let seed = 0; seed < runs; seed += 1) {
      const ids = difference(`b ${seed}`, count);
      const { sketch, sizes } = ask(ids);
      expect(sketch.decoded).toBe(true);
      expect(sizes.length).toBeLessThanOrEqual(most);
      expect(idsOf(sketch, 1).length + idsOf(sketch, -1).length).toBe(count);
      expect(new Map(sketch.known)).toEqual(ids);
    }
  });
});

test("a table that did not decode helps the next, which alone would not decode either", () => {
  const ids = difference("c", 1500);
  const [first, second] = [tableOf(ids, 500), tableOf(ids, 400)];
  expect(addTable(emptySketch, first).decoded).toBe(false);
  expect(addTable(emptySketch, second).decoded).toBe(false);
  const sketch = addTable(addTable(emptySketch, first), second);
  expect(sketch.decoded).toBe(true);
  expect(new Map(sketch.known)).toEqual(ids);
});

test("three ids in a cell that pass for one are found out", () => {
  const size = 64;
  const [a, b] = [0x0123_4567_89ab_cdefn, 0x0198_7654_3210_fedcn];
  // Found by trial: of the same cell, and of a check that makes the three pass.
  const c = 0x0104_e890_0004_e891n;
  const ids = new Map<bigint, Sign>([
    [a, 1],
    [b, 1],
    [c, -1],
  ]);
  const table = tableOf(ids, size);
  const cell = cellOf(size, 0, ...halves(a));
  expect([table.count[cell], table.check[cell]]).toEqual([1, checkOfId(a ^ b ^ c)]);
  const sketch = addTable(emptySketch, table);
  expect(sketch.decoded).toBe(true);
  expect(new Map(sketch.known)).toEqual(ids);
});

test("damaged cells end the search, too", () => {
  const cell = fc.tuple(fc.nat(), fc.nat(), fc.nat(0xffff), fc.constantFrom(0, 1, 2, 254, 255));
  fc.assert(
    fc.property(fc.array(cell, { minLength: 30, maxLength: 30 }), (cells) => {
      const table = emptyTable(10);
      cells.forEach(([high, low, check, count], at) => {
        table.high[at] = high;
        table.low[at] = low;
        table.check[at] = check;
        table.count[at] = count;
      });
      expect(addTable(emptySketch, table).tables).toHaveLength(1);
    }),
  );
});
