import type { Side } from "../compare.ts";
import type { Entry } from "../entry.ts";
import { wholeTree, type Range, type RangeSum } from "./messages.ts";
import { mod64 } from "./sums.ts";
import {
  batches,
  byId,
  ofType,
  otherSide,
  sides,
  type Answers,
  type Move,
  type Send,
  type Setting,
} from "./way.ts";

/** A range that the sides do not hold alike, and what each holds in it. */
interface Open extends Readonly<Record<Side, RangeSum>> {
  readonly range: Range;
}

/** What one side holds in a part of an open range; the other is being asked. */
interface Half {
  readonly range: Range;
  readonly by: Side;
  readonly sum: RangeSum;
  /** Which open range it is a part of. */
  readonly of: number;
}

export type RangesState =
  | { readonly step: "whole" }
  | { readonly step: "split"; readonly open: readonly Open[]; readonly leaves: readonly Open[] }
  | {
      readonly step: "sums";
      readonly open: readonly Open[];
      readonly halves: readonly Half[];
      readonly leaves: readonly Open[];
    }
  | { readonly step: "inside" };

type RangesMove = Move<RangesState>;

/** Into so many parts; fewer take more round trips, more take more bytes. */
const parts = 16;
/** Where a side has no more than so many its entries cost less than another split. */
const leafEntries = 32;
/** Where the other side has more than so many they do not fit into a frame for sure. */
const mostInside = 50_000;
const rangesAtOnce = 4096;

/** Cuts both trees into ranges, compares their sums, and cuts again where they differ, down to a few entries. */
export function startRanges(): RangesMove {
  const send = sides.map((to): Send => ({ to, request: { type: "totals" } }));
  return { kind: "ask", state: { step: "whole" }, send };
}

/** `idOfEntry`: the id of an entry in this run. */
export function goOnSplitting(
  setting: Setting,
  state: RangesState,
  answers: Answers,
  idOfEntry: (entry: Entry) => bigint,
): RangesMove {
  if (state.step === "whole") {
    const [left, right] = sides.map((side) => ofType(answers[side], "totals")[0]?.totals.entries);
    return left && right ? split(setting, [{ range: wholeTree, left, right }], []) : failed([]);
  }
  if (state.step === "split") return takeParts(setting, state.open, state.leaves, answers);
  if (state.step === "sums") return takeSums(setting, state, answers);
  const [left, right] = sides.map((side) =>
    byId(
      ofType(answers[side], "inside").flatMap(({ entries }) => entries),
      idOfEntry,
    ),
  ) as [Map<bigint, Entry>, Map<bigint, Entry>];
  return { kind: "found", found: { left: missing(left, right), right: missing(right, left) } };
}

/** Who cuts a range: a side in process, which costs nothing, unless it has nothing there to cut. */
function splitterOf({ local }: Setting, open: Open): Side {
  const first: Side = local.right && !local.left ? "right" : "left";
  return open[first].count > leafEntries ? first : otherSide(first);
}

function isLeaf({ left, right }: Open): boolean {
  return Math.min(left.count, right.count) <= leafEntries && Math.max(left.count, right.count) <= mostInside;
}

function split(setting: Setting, found: readonly Open[], before: readonly Open[]): RangesMove {
  const open = found.filter((one) => !isLeaf(one));
  const leaves = [...before, ...found.filter(isLeaf)];
  if (open.length === 0) return askInside(leaves);
  const send = open.map((one): Send => ({
    to: splitterOf(setting, one),
    request: { type: "split", range: one.range, parts },
  }));
  return { kind: "ask", state: { step: "split", open, leaves }, send };
}

function takeParts(
  setting: Setting,
  open: readonly Open[],
  before: readonly Open[],
  answers: Answers,
): RangesMove {
  const given = { left: ofType(answers.left, "split"), right: ofType(answers.right, "split") };
  const next = { left: 0, right: 0 };
  const halves: Half[] = [];
  const leaves: Open[] = [...before];
  for (const [index, one] of open.entries()) {
    const by = splitterOf(setting, one);
    const answer = given[by][next[by]];
    next[by] += 1;
    if (!answer || !fits(one, by, answer.bounds, answer.sums)) return failed(open);
    // A range that cannot be cut is taken as it is.
    if (answer.sums.length === 1) leaves.push(one);
    else {
      const edges = [one.range.low, ...answer.bounds, one.range.high];
      answer.sums.forEach((sum, part) => {
        halves.push({ range: { low: edges[part] as Buffer, high: edges[part + 1] }, by, sum, of: index });
      });
    }
  }
  if (halves.length === 0) return askInside(leaves);
  const send = sides.flatMap((to) => {
    const ranges = halves.filter(({ by }) => by !== to).map(({ range }) => range);
    return batches(ranges, rangesAtOnce).map((some): Send => ({
      to,
      request: { type: "sums", ranges: some },
    }));
  });
  return { kind: "ask", state: { step: "sums", open, halves, leaves }, send };
}

/**
 * Bounds ascend inside the range, and the parts, none of them empty, make up the whole: else a side that is wrong could
 * hide something between them or keep us splitting for ever.
 */
function fits(one: Open, by: Side, bounds: readonly Buffer[], sums: readonly RangeSum[]): boolean {
  if (sums.length === 0 || sums.length !== bounds.length + 1 || !adds(sums, one[by])) return false;
  if (sums.some(({ count }) => count === 0)) return false;
  const edges = [one.range.low, ...bounds];
  const ascend = edges.every((edge, at) => at === 0 || Buffer.compare(edges[at - 1] as Buffer, edge) < 0);
  return (
    ascend && (one.range.high === undefined || Buffer.compare(edges.at(-1) as Buffer, one.range.high) < 0)
  );
}

function takeSums(
  setting: Setting,
  { open, halves, leaves }: Extract<RangesState, { step: "sums" }>,
  answers: Answers,
): RangesMove {
  const sums = {
    left: ofType(answers.left, "sums").flatMap((answer) => answer.sums),
    right: ofType(answers.right, "sums").flatMap((answer) => answer.sums),
  };
  const next = { left: 0, right: 0 };
  const whole = halves.map(({ range, by, sum, of }): Open & { readonly of: number } => {
    const other = otherSide(by);
    const answer = sums[other][next[other]] ?? nothing;
    next[other] += 1;
    return by === "left" ? { range, left: sum, right: answer, of } : { range, left: answer, right: sum, of };
  });
  const inside = open.map((): Open[] => []);
  for (const part of whole) inside[part.of]?.push(part);
  const wrong = open.some((one, index) => {
    const own = inside[index] ?? [];
    return (
      own.length > 0 &&
      !sides.every((side) =>
        adds(
          own.map((part) => part[side]),
          one[side],
        ),
      )
    );
  });
  if (wrong) return failed(open);
  const differ = whole.filter(({ left, right }) => left.count !== right.count || left.id !== right.id);
  return split(setting, differ, leaves);
}

/** Asks for the entries of the leaves, each side where it has any. */
function askInside(leaves: readonly Open[]): RangesMove {
  const ordered = leaves.toSorted((one, other) => Buffer.compare(one.range.low, other.range.low));
  const send = sides.flatMap((to) => {
    const own = ordered.filter((leaf) => leaf[to].count > 0);
    return batches(own, mostInside, (leaf) => leaf[to].count).map((some): Send => ({
      to,
      request: { type: "inside", ranges: some.map(({ range }) => range) },
    }));
  });
  return { kind: "ask", state: { step: "inside" }, send };
}

function missing(of: ReadonlyMap<bigint, Entry>, from: ReadonlyMap<bigint, Entry>): Entry[] {
  return [...of].flatMap(([id, entry]) => (from.has(id) ? [] : entry));
}

const nothing: RangeSum = { count: 0, id: 0n };

function adds(sums: readonly RangeSum[], whole: RangeSum): boolean {
  const count = sums.reduce((total, sum) => total + sum.count, 0);
  const id = sums.reduce((total, sum) => total + sum.id, 0n);
  return count === whole.count && mod64(id) === whole.id;
}

/** A side contradicts itself: only a whole listing can be believed now. */
function failed(open: readonly Open[]): RangesMove {
  const differing = open.reduce((total, { left, right }) => total + left.count + right.count, 0);
  return { kind: "failed", differing };
}
