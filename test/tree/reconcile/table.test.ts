import fc from "fast-check";
import { expect, test } from "vitest";
import { join64 } from "../../../src/tree/reconcile/sums.ts";
import { buildTable, cellOf, checkOf, lists, subtract, toggle } from "../../../src/tree/reconcile/table.ts";
import { decodeTable, encodeTable } from "../../../src/tree/reconcile/table-body.ts";

const half = fc.integer({ min: 0, max: 0xffff_ffff });
const size = fc.integer({ min: 1, max: 500_000 });

test("an id's cell in a list is told by its bits rotated by 21 a list", () => {
  fc.assert(
    fc.property(half, half, size, (high, low, cells) => {
      for (let list = 0; list < lists; list += 1) {
        const id = join64(high, low);
        const rotated = BigInt.asUintN(64, (id << BigInt(21 * list)) | (id >> BigInt(64 - 21 * list)));
        const expected = list * cells + Number(((rotated >> 32n) * BigInt(cells)) >> 32n);
        expect(cellOf(cells, list, high, low)).toBe(expected);
      }
    }),
  );
});

test("an id's check is the upper 16 bits of its product with the constant", () => {
  fc.assert(
    fc.property(half, half, (high, low) => {
      const product = BigInt.asUintN(64, join64(high, low) * 0x9e37_79b9_7f4a_7c15n);
      expect(checkOf(high, low)).toBe(Number(product >> 48n));
    }),
  );
});

test("what both have cancels out, and a table travels whole", () => {
  const id = fc.tuple(half, half);
  fc.assert(
    fc.property(
      fc.array(id),
      fc.array(id),
      fc.array(id),
      fc.integer({ min: 1, max: 50 }),
      (both, left, right, cells) => {
        const table = subtract(tableOf([...both, ...left], cells), tableOf([...right, ...both], cells));
        const expected = tableOf(left, cells);
        for (const [high, low] of right) toggle(expected, high, low, -1);
        expect(table).toEqual(expected);
        expect(decodeTable(encodeTable(table))).toEqual(table);
      },
    ),
  );
});

function tableOf(ids: readonly (readonly [number, number])[], cells: number): ReturnType<typeof buildTable> {
  const high = Uint32Array.from(ids, ([upper]) => upper);
  const low = Uint32Array.from(ids, ([, lower]) => lower);
  return buildTable({ high, low }, cells);
}
