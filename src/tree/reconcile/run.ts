import { PimeshError } from "../../core/error.ts";
import type { Side } from "../compare.ts";
import type { Entry } from "../entry.ts";
import { join } from "../join.ts";
import { byPath } from "../order.ts";
import { AnswerError } from "./answer-error.ts";
import { compareContents, type ContentFinding, type ContentOptions } from "./contents.ts";
import { settleListing, start, step, type Result, type State } from "./driver.ts";
import type { Hashing } from "./fingerprint.ts";
import type { Answer, Request, Totals } from "./messages.ts";
import { sameRecord } from "./record.ts";
import type { TreeSide } from "./side.ts";
import { sides, type Setting } from "./way.ts";

export interface ReconcileOptions {
  /** The one that the sides hash with. */
  readonly hashing: Hashing;
  readonly force?: NonNullable<Setting["force"]>;
  readonly signal?: AbortSignal;
  /** Compares the contents of what both have, while the sides are still open; `hashing` is without times then. */
  readonly contents?: Omit<ContentOptions, "key">;
}

export interface Reconciled extends Result {
  /** Empty where contents were not asked for. */
  readonly contents: readonly ContentFinding[];
}

type Pair = Readonly<Record<Side, TreeSide>>;
type Next = (side: Side) => Promise<Answer>;

/**
 * Finds the records that one of two trees alone has, by the cheapest way that accounts for the trees' sums; both trees
 * are read at the same time. Closes both sides.
 *
 * Throws what a side throws; E-SCAN-FAILED when a side's answers contradict each other whichever way they are asked
 * for; the signal's reason.
 *
 * Memory: the differing entries, and for a listing one batch of each side.
 */
export async function reconcile(
  left: TreeSide,
  right: TreeSide,
  { hashing, force, signal, contents }: ReconcileOptions,
): Promise<Reconciled> {
  const pair: Pair = { left, right };
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(() => {});
  const next: Next = (side) => Promise.race([pair[side].next(), aborted]);
  try {
    signal?.throwIfAborted();
    const local = { left: left.local, right: right.local };
    const end = await ask(pair, next, start({ hashing, local, ...(force ? { force } : {}) }));
    const result =
      end.done === "listing"
        ? judge(pair, sides, settleBy(end.state, await joinListings(pair, next, hashing.times)))
        : end.done;
    if (!contents) return { ...result, contents: [] };
    const asks = { left: asker(pair, "left", next), right: asker(pair, "right", next) };
    try {
      return { ...result, contents: await compareContents(asks, result, { ...contents, key: hashing.key }) };
    } catch (error) {
      if (error instanceof AnswerError) throw contradiction(pair, sides, error.message, error);
      throw error;
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

function settleBy(state: State, listed: Listed): () => Result {
  return () => settleListing(state, listed);
}

/** Asks one side; answers come in the order of the questions, so each waits for those before. */
function asker(pair: Pair, side: Side, next: Next): Parameters<typeof compareContents>[0][Side] {
  let last: Promise<unknown> = Promise.resolve();
  const after = async (before: Promise<unknown>): Promise<Answer> => {
    await before;
    return next(side);
  };
  return async <T extends Request["type"]>(request: Extract<Request, { readonly type: T }>) => {
    pair[side].ask(request);
    const answer = after(last);
    last = answer;
    answer.catch(() => {});
    const given = await answer;
    if (given.type !== request.type) {
      throw contradiction(pair, [side], `an answer out of turn: ${given.type} in place of ${request.type}`);
    }
    return given as Extract<Answer, { readonly type: T }>;
  };
}

/** Lets the state machine ask until it is done. */
async function ask(
  pair: Pair,
  next: Next,
  first: State,
): Promise<{ readonly state: State; readonly done: Result | "listing" }> {
  let state = first;
  const coming: Partial<Record<Side, Promise<{ from: Side; answer: Answer }>>> = {};
  for (;;) {
    const owing = sides.filter((side) => state.owed[side].length > 0);
    for (const side of owing) coming[side] ??= next(side).then((answer) => ({ from: side, answer }));
    const { from, answer } = await Promise.race(owing.flatMap((side) => coming[side] ?? []));
    delete coming[from];
    const before = state;
    const { send, done, ...made } = judge(pair, [from], () => step(before, from, answer));
    if (done) return { state: made.state, done };
    state = made.state;
    for (const { to, request } of send) pair[to].ask(request);
  }
}

/** What all groups hold, and what one side's listing alone has. */
type Listed = Parameters<typeof settleListing>[1];

async function joinListings(pair: Pair, next: Next, times: boolean): Promise<Listed> {
  const left: Entry[] = [];
  const right: Entry[] = [];
  for (const side of sides) {
    pair[side].ask({ type: "totals" });
    pair[side].ask({ type: "listing" });
  }
  const totalsOf = async (side: Side): Promise<Totals> => {
    const answer = await next(side);
    if (answer.type === "totals") return answer.totals;
    throw contradiction(pair, [side], `it sent ${answer.type} before a listing`);
  };
  const totals = await Promise.all([totalsOf("left"), totalsOf("right")]);
  for await (const both of join(listing(pair, "left", next), listing(pair, "right", next))) {
    const [one, other] = [both.left as Entry | undefined, both.right as Entry | undefined];
    if (one && other && sameRecord(one, other, times)) continue;
    if (one) left.push(one);
    if (other) right.push(other);
  }
  return { totals: { left: totals[0], right: totals[1] }, found: { left, right } };
}

async function* listing(pair: Pair, side: Side, next: Next): AsyncGenerator<readonly Entry[]> {
  let last: Entry | undefined;
  for (;;) {
    const answer = await next(side);
    if (answer.type === "listing-end") return;
    if (answer.type !== "listing") throw contradiction(pair, [side], `it sent ${answer.type} in a listing`);
    for (const entry of answer.entries) {
      if (last && byPath(last, entry) >= 0) throw contradiction(pair, [side], "its listing is out of order");
      last = entry;
    }
    yield answer.entries;
  }
}

/** Gives pure code's complaints the name of whoever it was. */
function judge<T>(pair: Pair, about: readonly Side[], decide: () => T): T {
  try {
    return decide();
  } catch (error) {
    if (error instanceof AnswerError) throw contradiction(pair, about, error.message, error);
    throw error;
  }
}

function contradiction(pair: Pair, about: readonly Side[], what: string, cause?: unknown): PimeshError {
  const far = about.map((side) => pair[side]).filter(({ local }) => !local);
  const names = far.map(({ name }) => name);
  return new PimeshError("E-SCAN-FAILED", `the trees could not be compared: ${what}`, {
    ...(names.length > 0 ? { node: names.join(", ") } : {}),
    hint: "run the command again",
    cause,
  });
}
