/** 64-bit ids in halves. */
export interface Ids {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/**
 * A sketch of a set of ids: three lists of `size` cells; every id lies in one cell of each. Cells of list 0 first,
 * then list 1, then list 2.
 */
export interface Table {
  readonly size: number;
  /** XOR of the ids in a cell. */
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** XOR of their checks: without it a cell of an odd number of ids passes for one of a single id. */
  readonly check: Uint16Array;
  /** How many they are, mod 256. */
  readonly count: Uint8Array;
}

export const lists = 3;
/** 16.5 MB: a table has to fit into one frame. */
export const largestSize = 500_000;

export function emptyTable(size: number): Table {
  const cells = lists * size;
  return {
    size,
    high: new Uint32Array(cells),
    low: new Uint32Array(cells),
    check: new Uint16Array(cells),
    count: new Uint8Array(cells),
  };
}

/** A table of any size from the same ids; 300,000 take some 15 ms. */
export function buildTable(ids: Ids, size: number): Table {
  const table = emptyTable(size);
  for (let index = 0; index < ids.high.length; index += 1) {
    toggle(table, ids.high[index] as number, ids.low[index] as number, 1);
  }
  return table;
}

/** Puts an id into its three cells (`by` 1), or takes it out again (`by` -1). */
export function toggle(table: Table, high: number, low: number, by: 1 | -1): void {
  const check = checkOf(high, low);
  for (let list = 0; list < lists; list += 1) {
    const cell = cellOf(table.size, list, high, low);
    (table.high[cell] as number) ^= high;
    (table.low[cell] as number) ^= low;
    (table.check[cell] as number) ^= check;
    (table.count[cell] as number) += by;
  }
}

/** What only one of the two holds: left-only ids count 1, right-only ids -1 (mod 256). Both of one size. */
export function subtract(left: Table, right: Table): Table {
  const table = emptyTable(left.size);
  for (let cell = 0; cell < table.high.length; cell += 1) {
    table.high[cell] = (left.high[cell] as number) ^ (right.high[cell] as number);
    table.low[cell] = (left.low[cell] as number) ^ (right.low[cell] as number);
    table.check[cell] = (left.check[cell] as number) ^ (right.check[cell] as number);
    table.count[cell] = (left.count[cell] as number) - (right.count[cell] as number);
  }
  return table;
}

/** Where a list keeps an id: its 64 bits rotated left by 21 a list, the upper half scaled to the size. */
export function cellOf(size: number, list: number, high: number, low: number): number {
  const upper = list === 0 ? high : list === 1 ? (high << 21) | (low >>> 11) : (low << 10) | (high >>> 22);
  return list * size + Math.floor(((upper >>> 0) * size) / 0x1_0000_0000);
}

/** The upper 16 bits of id * 0x9E3779B97F4A7C15 mod 2^64. */
export function checkOf(high: number, low: number): number {
  const upper =
    upperHalfOfProduct(low, 0x7f4a7c15) + Math.imul(high, 0x7f4a7c15) + Math.imul(low, 0x9e3779b9);
  return (upper >>> 16) & 0xffff;
}

function upperHalfOfProduct(one: number, other: number): number {
  const a = one >>> 16;
  const b = one & 0xffff;
  const c = other >>> 16;
  const d = other & 0xffff;
  const middle = a * d + ((b * d) >>> 16);
  const rest = b * c + (middle & 0xffff);
  return a * c + (middle >>> 16) + (rest >>> 16);
}
