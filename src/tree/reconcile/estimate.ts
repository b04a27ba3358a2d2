import type { Sketch } from "./sketch.ts";
import { cellBytes } from "./table-body.ts";
import { largestSize, lists, type Table } from "./table.ts";

/** Cells a list of the first table: decodes 14 records 99 times in 100 and says how many there are beyond. */
export const firstSize = 24;

/**
 * How many records differ, as far as the tables tell: what is known, and an estimate of the rest. The counts of a
 * cell are a random walk of as many steps as ids lie in it, so the sum of their squares is the number of ids; exact to
 * `spreadOf`. `countDifference`: entries of the left tree less those of the right.
 */
export function estimateLeft(sketch: Sketch, countDifference: number): number {
  const table = sketch.tables.reduce((one, other) => (other.size > one.size ? other : one));
  let surplus = countDifference;
  for (const sign of sketch.known.values()) surplus -= sign;
  const drift = surplus / table.size;
  let squares = 0;
  for (const count of table.count) squares += around(count - drift) ** 2;
  const walk = table.size === 1 ? 0 : squares / lists / (1 - 1 / table.size);
  // A cell that could not be decoded holds two or more.
  return Math.max(1, Math.abs(surplus), 2 * fullest(table), Math.round(walk));
}

/** Standard deviation of `estimateLeft` as a part of it. */
function spreadOf(size: number): number {
  return Math.sqrt(2 / (lists * size));
}

/**
 * Cells a list of the table to ask for next, never more than `largestSize`.
 *
 * Measured with random ids, n tables each, cells a differing record → share of the tables that decode:
 * 14 records (n 3,000): 1.35 → 55 %, 2.0 → 88 %, 5.1, which is `firstSize`, → 99.6 %;
 * 150 (1,500): 1.25 → 45 %, 1.35 → 89 %, 1.5 → 97 %, 2.0 → 99 %;
 * 1,500 (300): 1.2 → 2 %, 1.25 → 89 %, 1.3 → 99 %, 1.35 → 99.7 %;
 * 15,000 (200): 1.25 and more → 100 %. In the limit 1.222.
 * What these rules then spend on all tables, retries included, in bytes a differing record and tables asked for:
 * 14 → 57 B, 1.0; 100 → 30 B, 2.2; 300 → 22 B, 2.1; 1,500 → 18.3 B, 2.1; 15,000 → 16 B, 3.1; 50,000 → 15 B, 3.0.
 */
export function nextSize(sketch: Sketch, left: number): number {
  const all = sketch.known.size + left;
  const tried = Math.max(...sketch.tables.map(({ size }) => size));
  return Math.min(largestSize, Math.max(1, Math.ceil(sizeFor(all, left, tried))));
}

const enough = 1.25;
/** Two tables of which the first did not decode have to make up for what they say twice. */
const enoughOfTwo = 1.75;

function sizeFor(all: number, left: number, tried: number): number {
  // Ids that share a cell in all three lists: narrower cells part them, cells of about the same width never do.
  if (left < 0.1 * all || (all < 300 && lists * tried > all)) return 2 * tried;
  // Small tables fail by chance rather than by load.
  const spare = 4 + 0.6 * Math.sqrt(all);
  if (lists * tried > 0.8 * all) return Math.max(0.6 * tried, (enoughOfTwo * all) / lists - tried) + spare;
  // Where a table is dear a small one first makes the estimate better than it costs.
  const probe = (all / 6) ** (2 / 3);
  if (probe > 4 * tried) return probe;
  return Math.max((enough * (1 + spreadOf(tried)) * all) / lists + spare, 1.5 * tried);
}

/** Bytes on the wire of each way; `far`: the sides that are not in process. */
export interface Costs {
  readonly sketch: number;
  readonly ranges: number;
  readonly listing: number;
}

export interface Question {
  /** Records that are believed to differ. */
  readonly differing: number;
  /** Entries of the left tree less those of the right. */
  readonly countDifference: number;
  /** How many entries each side has that is asked over a wire. */
  readonly far: Readonly<Partial<Record<"left" | "right", number>>>;
  /** Size of the table that would be asked for. */
  readonly size: number;
}

/** Measured in simulation on a tree of 300,000 files: an entry of a listing 12 bytes, one asked for by its id 19. */
export function costsOf({ differing, countDifference, far, size }: Question): Costs {
  const sides = Object.keys(far).length;
  const alone = {
    left: Math.max(0, (differing + countDifference) / 2),
    right: Math.max(0, (differing - countDifference) / 2),
  };
  const fetched = (far.left === undefined ? 0 : alone.left) + (far.right === undefined ? 0 : alone.right);
  return {
    sketch: sides * size * lists * cellBytes + fetched * fetchedBytes,
    ranges: sides * differing * rangedBytes,
    listing: ((far.left ?? 0) + (far.right ?? 0)) * listedBytes,
  };
}

const fetchedBytes = 19;
const rangedBytes = 190;
const listedBytes = 12;

/** A sketch may fail on its last step, a listing cannot: it has to be clearly cheaper. */
export function sketchPays({ sketch, listing }: Costs): boolean {
  return sketch <= 0.75 * listing;
}

export function rangesPay({ ranges, listing }: Costs): boolean {
  return ranges <= 0.75 * listing;
}

/** A count modulo 256 as the number nearest to 0 that it can stand for. */
function around(count: number): number {
  return ((((count + 128) % 256) + 256) % 256) - 128;
}

/** Cells in use in the fullest list. */
function fullest(table: Table): number {
  const used = [0, 0, 0];
  table.count.forEach((count, cell) => {
    const inUse = count !== 0 || table.high[cell] !== 0 || table.low[cell] !== 0;
    if (inUse) (used[Math.floor(cell / table.size)] as number) += 1;
  });
  return Math.max(...used);
}
