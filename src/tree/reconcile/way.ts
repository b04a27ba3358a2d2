import type { Side } from "../compare.ts";
import type { Entry } from "../entry.ts";
import type { Hashing } from "./fingerprint.ts";
import type { Answer, Request, Summary, Totals } from "./messages.ts";
import { mod128 } from "./sums.ts";

/** How a difference was found, from the cheapest to the surest. */
export type Way = "sums" | "sketch" | "ranges" | "listing";

export interface Send {
  readonly to: Side;
  readonly request: Request;
}

/** The records that one side alone has. */
export type Found = Readonly<Record<Side, readonly Entry[]>>;

/** What all ways go by. */
export interface Setting {
  readonly hashing: Hashing;
  /** Sides in this process: asking them costs no bytes and no round trip. */
  readonly local: Readonly<Record<Side, boolean>>;
  readonly summaries: Readonly<Record<Side, Summary>>;
  /** Of the groups that are looked into; once both have told. */
  readonly totals?: Readonly<Record<Side, Totals>>;
  /** Way to begin with whatever it costs; without it the cheapest by estimate. */
  readonly force?: Exclude<Way, "sums">;
}

/** Answers to a round of questions, in the order in which each side was asked. */
export type Answers = Readonly<Record<Side, readonly Answer[]>>;

/** What a way does with a round of answers: another round, the end, or no way on. */
export type Move<State> =
  | { readonly kind: "ask"; readonly state: State; readonly send: readonly Send[] }
  | { readonly kind: "found"; readonly found: Found }
  | { readonly kind: "failed"; readonly differing: number };

export const sides = ["left", "right"] as const satisfies readonly Side[];

export function otherSide(side: Side): Side {
  return side === "left" ? "right" : "left";
}

/** The answers of one type; the driver lets no others through than were asked for. */
export function ofType<T extends Answer["type"]>(
  answers: readonly Answer[],
  type: T,
): Extract<Answer, { readonly type: T }>[] {
  return answers.filter((answer): answer is Extract<Answer, { readonly type: T }> => answer.type === type);
}

/** Entries by their ids. */
export function byId(entries: Iterable<Entry>, fingerprint: (entry: Entry) => bigint): Map<bigint, Entry> {
  const found = new Map<bigint, Entry>();
  for (const entry of entries) found.set(fingerprint(entry), entry);
  return found;
}

/** Whether all folders outside of the groups that were looked into are the same; nobody knows before these were told of. */
export function sameOutside({ summaries, totals }: Setting): boolean {
  if (!totals) return false;
  const [left, right] = sides.map((side) => {
    const [whole, part] = [summaries[side], totals[side]];
    return [whole.count - part.entries.count, mod128(whole.folders - part.folders)];
  });
  return left?.[0] === right?.[0] && left?.[1] === right?.[1];
}

/** How many entries each side has that is asked over a wire. */
export function farCounts({ local, summaries }: Setting): Partial<Record<Side, number>> {
  return Object.fromEntries(
    sides.filter((side) => !local[side]).map((side) => [side, summaries[side].count]),
  );
}

/** Cuts a list where more than `most` would come together; `weigh`: what an element counts. */
export function batches<T>(list: readonly T[], most: number, weigh: (element: T) => number = () => 1): T[][] {
  const parts: T[][] = [];
  let weight = Number.POSITIVE_INFINITY;
  for (const element of list) {
    const own = weigh(element);
    if (weight + own > most) {
      parts.push([]);
      weight = 0;
    }
    parts.at(-1)?.push(element);
    weight += own;
  }
  return parts;
}
