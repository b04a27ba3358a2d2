import { join64 } from "./sums.ts";
import { cellOf, checkOf, lists, toggle, type Table } from "./table.ts";

/** The difference of two sets as far as the tables seen so far tell it. */
export interface Sketch {
  /** Subtracted tables, without the ids that are known. */
  readonly tables: readonly Table[];
  /** Ids that one side alone has: 1 for the left one, -1 for the right one. */
  readonly known: ReadonlyMap<bigint, Sign>;
  /** Some table is empty: nothing is left to find. To be checked against the sums. */
  readonly decoded: boolean;
}

export type Sign = 1 | -1;

export const emptySketch: Sketch = { tables: [], known: new Map(), decoded: false };

/**
 * Takes one more subtracted table and finds all ids that can be found. Tables of several sizes help each other: an id
 * that is alone in a cell of one is taken out of all, so that a table which did not decode is not lost and the next
 * one may be smaller.
 *
 * Whatever the cells hold it ends; damaged cells give wrong ids or none.
 */
export function addTable(sketch: Sketch, table: Table): Sketch {
  const tables = [...sketch.tables, table].map(copy);
  const known = new Map(sketch.known);
  for (const [id, sign] of known) take(tables.slice(-1), high(id), low(id), sign);

  // First come, first looked at. Three ids of one cell that count +, + and - pass for a single one when their checks
  // happen to fit: 1 in 65,536 of such cells, one among 20,000 differences. The wrong id then turns up as its own
  // opposite, as may true ones of that cell, and both are dropped; by then the others have gone on, where a stack would
  // take and drop the same id for ever.
  const open = tables.flatMap(cellsOf);
  let steps = open.length * stepsPerCell;
  for (let at = 0; at < open.length && steps > 0; at += 1) {
    const { table: one, cell } = open[at] as Cell;
    const sign = signOfSingle(one, cell);
    if (sign === 0) continue;
    steps -= 1;
    const idHigh = one.high[cell] as number;
    const idLow = one.low[cell] as number;
    const id = join64(idHigh, idLow);
    if (!known.delete(id)) known.set(id, sign);
    take(tables, idHigh, idLow, sign);
    for (const each of tables) {
      for (let list = 0; list < lists; list += 1) {
        open.push({ table: each, cell: cellOf(each.size, list, idHigh, idLow) });
      }
    }
  }
  return { tables, known, decoded: tables.some(isEmpty) };
}

/** The ids of one side alone, in no order. */
export function idsOf(sketch: Sketch, sign: Sign): bigint[] {
  return [...sketch.known].flatMap(([id, of]) => (of === sign ? [id] : []));
}

interface Cell {
  readonly table: Table;
  readonly cell: number;
}

/** Every true id empties a cell for good: more steps mean that damaged cells feed each other. */
const stepsPerCell = 4;

function cellsOf(table: Table): Cell[] {
  return Array.from(table.high, (_, cell) => ({ table, cell }));
}

function take(tables: readonly Table[], idHigh: number, idLow: number, sign: Sign): void {
  for (const table of tables) toggle(table, idHigh, idLow, sign === 1 ? -1 : 1);
}

/** Of which side the id is that a cell holds alone; 0 when it holds none or several. */
function signOfSingle(table: Table, cell: number): Sign | 0 {
  const count = table.count[cell];
  if (count !== 1 && count !== 255) return 0;
  const idHigh = table.high[cell] as number;
  const idLow = table.low[cell] as number;
  if (checkOf(idHigh, idLow) !== table.check[cell]) return 0;
  if (cellOf(table.size, Math.floor(cell / table.size), idHigh, idLow) !== cell) return 0;
  return count === 1 ? 1 : -1;
}

function isEmpty(table: Table): boolean {
  return table.high.every(
    (idHigh, cell) =>
      idHigh === 0 && table.low[cell] === 0 && table.check[cell] === 0 && table.count[cell] === 0,
  );
}

function copy({ size, high: highs, low: lows, check, count }: Table): Table {
  return { size, high: highs.slice(), low: lows.slice(), check: check.slice(), count: count.slice() };
}

function high(id: bigint): number {
  return Number(id >> 32n);
}

function low(id: bigint): number {
  return Number(id & 0xffff_ffffn);
}
