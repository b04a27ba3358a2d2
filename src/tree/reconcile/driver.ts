import type { Side } from "../compare.ts";
import type { Entry } from "../entry.ts";
import { byPath } from "../order.ts";
import { AnswerError } from "./answer-error.ts";
import { costsOf, firstSize, rangesPay, sketchPays } from "./estimate.ts";
import { fingerprinter } from "./fingerprint.ts";
import type { Answer, Summary } from "./messages.ts";
import { goOnSplitting, startRanges, type RangesState } from "./range-way.ts";
import { goOnSketching, startSketch, type SketchState } from "./sketch-way.ts";
import { idOf, sameSums, sumsOf, without } from "./sums.ts";
import {
  farCounts,
  sameOutside,
  sides,
  type Answers,
  type Found,
  type Move,
  type Send,
  type Setting,
  type Way,
} from "./way.ts";

export type DriverOptions = Omit<Setting, "summaries" | "totals">;

export interface State {
  readonly options: DriverOptions;
  readonly doing: Doing;
  /** Types of the answers that each side still owes in this round. */
  readonly owed: Readonly<Record<Side, readonly Answer["type"][]>>;
  readonly answers: Answers;
  readonly summaries?: Setting["summaries"];
  readonly totals?: Setting["totals"];
  readonly roundTrips: number;
  readonly tables: readonly number[];
}

type Doing =
  | { readonly way: "sums" | "listing" }
  | { readonly way: "sketch"; readonly state: SketchState }
  | { readonly way: "ranges"; readonly state: RangesState };

export interface Step {
  readonly state: State;
  readonly send: readonly Send[];
  /** The result, or that only the whole listings will do: join them and end with `settleListing`. */
  readonly done?: Result | "listing";
}

export interface Result {
  readonly equal: boolean;
  /** Records that the left tree alone has, by path: of a file that differs each side has its own. */
  readonly leftOnly: readonly Entry[];
  readonly rightOnly: readonly Entry[];
  readonly summaries: Readonly<Record<Side, Summary>>;
  readonly way: Way;
  /** Questions and answers over a wire, the one for the summaries included. */
  readonly roundTrips: number;
  /** Cells a list of the sketches that were asked for. */
  readonly tables: readonly number[];
}

/** Waits for both summaries, which come unasked. */
export function start(options: DriverOptions): State {
  return {
    options,
    doing: { way: "sums" },
    owed: { left: ["summary"], right: ["summary"] },
    answers: { left: [], right: [] },
    roundTrips: sides.some((side) => !options.local[side]) ? 1 : 0,
    tables: [],
  };
}

/**
 * Takes one answer and says what to ask next, when a round of answers is complete. No answer is believed without the
 * trees' sums: what was found has to account for their difference, or a surer way follows.
 *
 * Throws AnswerError for an answer to what was not asked.
 */
export function step(state: State, from: Side, answer: Answer): Step {
  const [expected, ...owed] = state.owed[from];
  if (answer.type !== expected) {
    throw new AnswerError(`an answer out of turn: ${answer.type} in place of ${expected ?? "none"}`);
  }
  const next: State = {
    ...state,
    owed: { ...state.owed, [from]: owed },
    answers: { ...state.answers, [from]: [...state.answers[from], answer] },
  };
  if (sides.some((side) => next.owed[side].length > 0)) return { state: next, send: [] };
  return takeRound({ ...next, answers: { left: [], right: [] } }, next.answers);
}

/**
 * The result of a join of both listings; `totals`: of all groups. Throws AnswerError when they do not account for the sums.
 */
export function settleListing(
  state: State,
  { totals, found }: { readonly totals: NonNullable<Setting["totals"]>; readonly found: Found },
): Result {
  if (!accounts({ ...settingOf(state), totals }, found))
    throw new AnswerError("the listing and its sums contradict each other");
  return resultOf(state, found, "listing");
}

function takeRound(before: State, answers: Answers): Step {
  const { doing } = before;
  const state = { ...before, ...totalsIn(answers) };
  if (doing.way === "sums") return begin(takeSummaries(state, answers));
  const setting = settingOf(state);
  const fingerprint = fingerprinter(setting.hashing);
  const idOfEntry = (entry: Entry): bigint => idOf(fingerprint(entry));
  if (doing.way === "sketch")
    return move(state, "sketch", goOnSketching(setting, doing.state, answers, idOfEntry));
  if (doing.way === "ranges")
    return move(state, "ranges", goOnSplitting(setting, doing.state, answers, idOfEntry));
  throw new Error("the listings are joined elsewhere");
}

function totalsIn(answers: Answers): Pick<State, "totals"> {
  const [left, right] = sides.map((side) => answers[side].find((answer) => "totals" in answer)?.totals);
  return left && right ? { totals: { left, right } } : {};
}

function takeSummaries(state: State, answers: Answers): State {
  const [left] = answers.left;
  const [right] = answers.right;
  if (left?.type !== "summary" || right?.type !== "summary") throw new Error("no summaries");
  return { ...state, summaries: { left: left.summary, right: right.summary } };
}

function begin(state: State): Step {
  const setting = settingOf(state);
  const { left, right } = setting.summaries;
  if (left.count === right.count && left.folders === right.folders) {
    return { state, send: [], done: resultOf(state, { left: [], right: [] }, "sums") };
  }
  const countDifference = left.count - right.count;
  const differing = Math.max(1, Math.abs(countDifference));
  const size = Math.max(firstSize, Math.ceil(differing / 2));
  const costs = costsOf({ differing, countDifference, far: farCounts(setting), size });
  const way = setting.force ?? (sketchPays(costs) ? "sketch" : "listing");
  if (way === "sketch") return move(state, "sketch", startSketch(setting));
  if (way === "ranges") return move(state, "ranges", startRanges());
  return listing(state);
}

function move(state: State, way: "sketch", made: Move<SketchState>): Step;
function move(state: State, way: "ranges", made: Move<RangesState>): Step;
function move(state: State, way: "sketch" | "ranges", made: Move<SketchState> | Move<RangesState>): Step {
  if (made.kind === "ask") return ask(state, { way, state: made.state } as Doing, made.send);
  const setting = settingOf(state);
  if (made.kind === "found" && accounts(setting, made.found)) {
    return { state, send: [], done: resultOf(state, made.found, way) };
  }
  if (way === "ranges") return listing(state);
  const { left, right } = setting.summaries;
  const costs = costsOf({
    differing: made.kind === "failed" ? made.differing : made.found.left.length + made.found.right.length,
    countDifference: left.count - right.count,
    far: farCounts(setting),
    size: firstSize,
  });
  return rangesPay(costs) ? move(state, "ranges", startRanges()) : listing(state);
}

function ask(state: State, doing: Doing, send: readonly Send[]): Step {
  const { local } = state.options;
  const owed = { left: typesFor("left", send), right: typesFor("right", send) };
  const tables = send.flatMap(({ request }) => (request.type === "table" ? request.size : [])).slice(0, 1);
  const next: State = {
    ...state,
    doing,
    owed,
    roundTrips: state.roundTrips + (send.some(({ to }) => !local[to]) ? 1 : 0),
    tables: [...state.tables, ...tables],
  };
  // Nothing to ask is a round as well: a side may be wrong about having anything.
  return send.length === 0 ? takeRound(next, { left: [], right: [] }) : { state: next, send };
}

function listing(state: State): Step {
  const far = sides.some((side) => !state.options.local[side]);
  return {
    state: { ...state, doing: { way: "listing" }, roundTrips: state.roundTrips + (far ? 1 : 0) },
    send: [],
    done: "listing",
  };
}

function typesFor(side: Side, send: readonly Send[]): Answer["type"][] {
  return send.flatMap(({ to, request }) => (to === side ? request.type : []));
}

/** Outside of the groups that were looked into all has to be the same, and within them all but what was found. */
function accounts(setting: Setting, found: Found): boolean {
  const { totals, hashing } = setting;
  if (!totals || !sameOutside(setting)) return false;
  const [left, right] = sides.map((side) => without(totals[side].entries, sumsOf(found[side], hashing)));
  return left !== undefined && right !== undefined && sameSums(left, right);
}

function resultOf(state: State, found: Found, way: Way): Result {
  return {
    equal: found.left.length === 0 && found.right.length === 0,
    leftOnly: found.left.toSorted(byPath),
    rightOnly: found.right.toSorted(byPath),
    summaries: settingOf(state).summaries,
    way,
    roundTrips: state.roundTrips,
    tables: state.tables,
  };
}

function settingOf({ options, summaries, totals }: State): Setting {
  if (!summaries) throw new Error("no summaries yet");
  return { ...options, summaries, ...(totals ? { totals } : {}) };
}
