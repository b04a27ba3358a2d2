import type { Side } from "../compare.ts";
import type { Entry } from "../entry.ts";
import { costsOf, estimateLeft, firstSize, nextSize, sketchPays } from "./estimate.ts";
import { allGroups, differingGroups, type GroupSet } from "./groups.ts";
import { startOf } from "./messages.ts";
import { addTable, emptySketch, idsOf, type Sketch } from "./sketch.ts";
import { subtract } from "./table.ts";
import { mod64 } from "./sums.ts";
import {
  batches,
  byId,
  farCounts,
  ofType,
  sameOutside,
  sides,
  type Answers,
  type Move,
  type Send,
  type Setting,
} from "./way.ts";

export type SketchState =
  | { readonly step: "table"; readonly sketch: Sketch; readonly groups: GroupSet }
  /** Ids that one side alone has, and that its entries are being asked for. */
  | { readonly step: "entries"; readonly alone: Readonly<Record<Side, readonly bigint[]>> };

type SketchMove = Move<SketchState>;

/** The first small one, one to make the estimate better, the one that should do, and two more. */
const mostTables = 5;
/** So many entries fit into a frame, however long their names. */
const startsAtOnce = 20_000;

/**
 * Asks both sides for small sketches of what they have in the groups that differ, and takes one from the other: what is left
 * is the difference. A group whose sums are the same by chance shows in the totals, and all groups are looked into.
 */
export function startSketch({ summaries }: Setting): SketchMove {
  return askTable(emptySketch, firstSize, differingGroups(summaries.left.groups, summaries.right.groups));
}

/** `idOfEntry`: the id of an entry in this run. */
export function goOnSketching(
  setting: Setting,
  state: SketchState,
  answers: Answers,
  idOfEntry: (entry: Entry) => bigint,
): SketchMove {
  return state.step === "table"
    ? takeTables(setting, state, answers)
    : takeEntries(state.alone, answers, idOfEntry);
}

function takeTables(
  setting: Setting,
  { sketch: before, groups }: Extract<SketchState, { step: "table" }>,
  answers: Answers,
): SketchMove {
  const [left] = ofType(answers.left, "table");
  const [right] = ofType(answers.right, "table");
  if (!left || !right || left.table.size !== right.table.size) return failed(before.known.size);
  if (groups !== allGroups && !sameOutside(setting)) {
    return askTable(emptySketch, left.table.size, allGroups);
  }
  const sketch = addTable(before, subtract(left.table, right.table));
  const { summaries, force } = setting;
  const countDifference = summaries.left.count - summaries.right.count;
  if (sketch.decoded) {
    const alone = { left: idsOf(sketch, 1), right: idsOf(sketch, -1) };
    return agrees(setting, alone) ? askEntries(alone) : failed(sketch.known.size);
  }
  const rest = estimateLeft(sketch, countDifference);
  const differing = sketch.known.size + rest;
  if (sketch.tables.length === mostTables) return failed(differing);
  const size = nextSize(sketch, rest);
  const costs = costsOf({ differing, countDifference, far: farCounts(setting), size });
  return force === "sketch" || sketchPays(costs) ? askTable(sketch, size, groups) : failed(differing);
}

function askTable(sketch: Sketch, size: number, groups: GroupSet): SketchMove {
  const send = sides.map((to): Send => ({ to, request: { type: "table", size, groups } }));
  return { kind: "ask", state: { step: "table", sketch, groups }, send };
}

function askEntries(alone: Readonly<Record<Side, readonly bigint[]>>): SketchMove {
  const send = sides.flatMap((to) => {
    const starts = alone[to].map(startOf).toSorted((one, other) => one - other);
    return batches(starts, startsAtOnce).map((part): Send => ({
      to,
      request: { type: "entries", starts: part },
    }));
  });
  return { kind: "ask", state: { step: "entries", alone }, send };
}

function takeEntries(
  alone: Readonly<Record<Side, readonly bigint[]>>,
  answers: Answers,
  idOfEntry: (entry: Entry) => bigint,
): SketchMove {
  // The start of an id is not all of it: others may have come along.
  const [left, right] = sides.map((side) => {
    const came = byId(
      ofType(answers[side], "entries").flatMap(({ entries }) => entries),
      idOfEntry,
    );
    return alone[side].flatMap((id) => came.get(id) ?? []);
  });
  if (left?.length !== alone.left.length || right?.length !== alone.right.length) {
    return failed(alone.left.length + alone.right.length);
  }
  return { kind: "found", found: { left, right } };
}

/** Whether the ids account for all that the groups' sums differ by; saves asking for entries that nobody has. */
function agrees({ totals }: Setting, alone: Readonly<Record<Side, readonly bigint[]>>): boolean {
  if (!totals) return false;
  const [left, right] = sides.map((side) => {
    const { count, id } = totals[side].entries;
    const sum = alone[side].reduce((total, one) => total + one, 0n);
    return { count: count - alone[side].length, id: mod64(id - sum) };
  });
  return left?.count === right?.count && left?.id === right?.id;
}

function failed(differing: number): SketchMove {
  return { kind: "failed", differing };
}
