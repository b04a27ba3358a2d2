import type { Entry } from "../entry.ts";
import { fingerprinter, type Fingerprint, type Hashing } from "./fingerprint.ts";

/** What is said about a whole set of records: how many, and the sums of their two fingerprints mod 2^64. */
export interface Sums {
  readonly count: number;
  readonly id: bigint;
  readonly second: bigint;
}

/** Adds 64-bit numbers that come in halves, mod 2^64, without a BigInt for each. */
export interface Sum64 {
  add(high: number, low: number): void;
  value(): bigint;
}

export function sum64(): Sum64 {
  let high = 0;
  let low = 0;
  return {
    add(addHigh, addLow) {
      high += addHigh;
      low += addLow;
      // Long before a double loses its last bit.
      if (high < 2 ** 52 && low < 2 ** 52) return;
      high = (high + Math.floor(low / 2 ** 32)) % 2 ** 32;
      low %= 2 ** 32;
    },
    value: () => mod64((BigInt(high) << 32n) + BigInt(low)),
  };
}

export function sumsOf(entries: readonly Entry[], hashing: Hashing): Sums {
  const fingerprint = fingerprinter(hashing);
  const id = sum64();
  const second = sum64();
  for (const entry of entries) {
    const found = fingerprint(entry);
    id.add(found.idHigh, found.idLow);
    second.add(found.secondHigh, found.secondLow);
  }
  return { count: entries.length, id: id.value(), second: second.value() };
}

export function sameSums(one: Sums, other: Sums): boolean {
  return one.count === other.count && one.id === other.id && one.second === other.second;
}

/** The sums of what is left when a part is taken away. */
export function without(whole: Sums, part: Sums): Sums {
  return {
    count: whole.count - part.count,
    id: mod64(whole.id - part.id),
    second: mod64(whole.second - part.second),
  };
}

export function idOf({ idHigh, idLow }: Fingerprint): bigint {
  return join64(idHigh, idLow);
}

export function join64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

export function mod64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

export function mod128(value: bigint): bigint {
  return BigInt.asUintN(128, value);
}
