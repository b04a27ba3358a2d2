import type { Counts, Entry, Unreadable } from "../entry.ts";
import type { GroupSet, GroupSums } from "./groups.ts";
import type { Sums } from "./sums.ts";
import type { Table } from "./table.ts";

/** The version of the protocol, in the hello and in the summary. */
export const version = 3;

/** Entries with low <= path < high, by bytes. */
export interface Range {
  /** Empty: from the start. */
  readonly low: Buffer;
  /** undefined: to the end. */
  readonly high: Buffer | undefined;
}

export const wholeTree: Range = { low: Buffer.alloc(0), high: undefined };

export interface RangeSum {
  readonly count: number;
  readonly id: bigint;
}

/** What is asked of a side. Each gets one answer of the same type, a listing any number of them and then its end. */
export type Request =
  /** What these groups hold, in all and as a sketch of the ids. */
  | { readonly type: "table"; readonly size: number; readonly groups: GroupSet }
  /** What all groups hold. */
  | { readonly type: "totals" }
  /** The entries, of the groups that were asked for last, whose ids begin with one of these 40-bit numbers, ascending. */
  | { readonly type: "entries"; readonly starts: readonly number[] }
  /** Ranges ascend and do not overlap. */
  | { readonly type: "sums"; readonly ranges: readonly Range[] }
  | { readonly type: "inside"; readonly ranges: readonly Range[] }
  | { readonly type: "split"; readonly range: Range; readonly parts: number }
  | { readonly type: "listing" }
  | ContentRequest;

/**
 * About the contents of files, without those that are left out and those that hold nothing. Each file has a stamp, which
 * is of its name, size, time and disk, and a content, which is of its name, size and what it holds.
 */
export type ContentRequest =
  | { readonly type: "leave-out"; readonly ids: readonly bigint[] }
  | { readonly type: "stamps"; readonly ranges: readonly Range[] }
  /** Reads them. */
  | { readonly type: "contents"; readonly range: Range }
  /** Of a range that has been read. */
  | { readonly type: "content-numbers"; readonly range: Range }
  /** Some of a range, by their places among its files. */
  | { readonly type: "files"; readonly range: Range; readonly places: readonly number[] };

export type ContentAnswer =
  | { readonly type: "leave-out" }
  | { readonly type: "stamps"; readonly sums: readonly RangeSum[] }
  | { readonly type: "contents"; readonly sum: RangeSum; readonly failed: number; readonly bytes: number }
  /** `failed`: place of a file that could not be read → why. */
  | {
      readonly type: "content-numbers";
      readonly numbers: readonly bigint[];
      readonly failed: ReadonlyMap<number, string>;
    }
  | { readonly type: "files"; readonly entries: readonly Entry[] };

export type Answer =
  /** The first one, unasked, when the tree has been read. */
  | { readonly type: "summary"; readonly summary: Summary }
  | { readonly type: "table"; readonly totals: Totals; readonly table: Table }
  | { readonly type: "totals"; readonly totals: Totals }
  | { readonly type: "entries"; readonly entries: readonly Entry[] }
  | { readonly type: "sums"; readonly sums: readonly RangeSum[] }
  | { readonly type: "inside"; readonly entries: readonly Entry[] }
  /** What lies between the parts, and what each of them holds: one more than bounds. */
  | { readonly type: "split"; readonly bounds: readonly Buffer[]; readonly sums: readonly RangeSum[] }
  | { readonly type: "listing"; readonly entries: readonly Entry[] }
  | { readonly type: "listing-end" }
  | ContentAnswer;

/** A tree as a side sums it up. */
export interface Summary {
  /** Entries. */
  readonly count: number;
  /** The sum of the fingerprints of all folders, mod 2^128. */
  readonly folders: bigint;
  readonly groups: GroupSums;
  readonly counts: Counts;
  readonly unreadable: readonly Unreadable[];
  /** How long the tree was read. */
  readonly seconds: number;
  /** Of the far end's Python, where it is one. */
  readonly python?: string;
  /** Of the index that was read in place of the tree: of which tree on which disk, made when and how long. */
  readonly index?: Readonly<Record<"tree" | "uuid", string> & Record<"at" | "seconds", number>>;
}

/** What some groups hold: the sums of the entries in them, and of the fingerprints of their folders as in the summary. */
export interface Totals {
  readonly entries: Sums;
  readonly folders: bigint;
}

/** Bytes of an id that are asked for. */
export const startBytes = 5;

export function startOf(id: bigint): number {
  return Number(id >> 24n);
}
