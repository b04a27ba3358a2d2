import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PimeshError } from "../../../src/core/error.ts";
import type { Entry } from "../../../src/tree/entry.ts";
import type { Result } from "../../../src/tree/reconcile/driver.ts";
import { localSide } from "../../../src/tree/reconcile/local-side.ts";
import type { Answer } from "../../../src/tree/reconcile/messages.ts";
import { reconcile, type ReconcileOptions } from "../../../src/tree/reconcile/run.ts";
import { sameRecord } from "../../../src/tree/reconcile/record.ts";
import type { TreeSide } from "../../../src/tree/reconcile/side.ts";
import { scanOf } from "../../../src/tree/scan.ts";
import { inOrder, twoTrees, type TwoTrees } from "../../support/random-entries.ts";

const key = Buffer.from("0123456789abcdef");
const ways = [undefined, "sketch", "ranges", "listing"] as const;
type Force = (typeof ways)[number];

/** A tree in this process; `far` ones count as asked over a wire, and `bend` what they say. */
function side(
  name: string,
  entries: readonly Entry[],
  times: boolean,
  bend?: (answer: Answer) => Answer,
): TreeSide {
  const honest = localSide(name, scanOf(entries), { key, times });
  return {
    ...honest,
    local: name === "laptop",
    next: async () => (bend ?? ((answer) => answer))(await honest.next()),
  };
}

function optionsOf(force: Force, times = true): ReconcileOptions {
  return { hashing: { key, times }, ...(force ? { force } : {}) };
}

/** What is true: a plain comparison of two maps. */
function truth({ left, right }: TwoTrees, times: boolean): { leftOnly: Entry[]; rightOnly: Entry[] } {
  const alone = (of: readonly Entry[], from: readonly Entry[]): Entry[] => {
    const known = new Map(from.map((one) => [one.path.toString("latin1"), one]));
    return of.filter((one) => {
      const other = known.get(one.path.toString("latin1"));
      return !other || !sameRecord(one, other, times);
    });
  };
  return { leftOnly: alone(left, right), rightOnly: alone(right, left) };
}

function found({ leftOnly, rightOnly }: Result): unknown {
  return { leftOnly, rightOnly };
}

describe("what one tree alone has is found", () => {
  test.each(ways)("by the way: %s", async (force) => {
    await fc.assert(
      fc.asyncProperty(
        twoTrees,
        fc.boolean(),
        fc.constantFrom("laptop", "home"),
        async (trees, times, name) => {
          const left = side(name, trees.left, times);
          const result = await reconcile(left, side("mom", trees.right, times), optionsOf(force, times));
          const expected = truth(trees, times);
          expect(found(result)).toEqual(expected);
          expect(result.equal).toBe(expected.leftOnly.length + expected.rightOnly.length === 0);
          expect(result.way).toBe(result.equal ? "sums" : (force ?? result.way));
        },
      ),
      { numRuns: 25 },
    );
  });

  test("by ranges in a wide tree that differs all over, and where one side has a whole folder", async () => {
    const files = Array.from({ length: 3000 }, (_, number): Entry => {
      return { path: Buffer.from(`f/${number}`), kind: "file", size: number, mtime: 0 };
    });
    const folder = files.map((one): Entry => ({ ...one, path: Buffer.from(`g/${one.path.toString()}`) }));
    const left = inOrder([...files, ...folder]);
    const right = inOrder(files.filter(({ size }) => size % 100 !== 7));
    for (const trees of [
      { left, right },
      { left: right, right: left },
    ]) {
      const result = await reconcile(
        side("laptop", trees.left, true),
        side("mom", trees.right, true),
        optionsOf("ranges"),
      );
      expect(found(result)).toEqual(truth(trees, true));
      expect(result.way).toBe("ranges");
    }
  });
});

describe("what it costs", () => {
  const files = Array.from({ length: 2000 }, (_, number): Entry => {
    return { path: Buffer.from(`f/${number}`), kind: "file", size: number, mtime: 0 };
  });
  const left = inOrder(files);
  const changed = (every: number): Entry[] =>
    left.map((one) => (one.size % every === 0 ? { ...one, mtime: 1 } : one));
  const run = async (right: readonly Entry[], force?: Force): Promise<Result> =>
    reconcile(side("laptop", left, true), side("mom", right, true), optionsOf(force));

  test("equal trees are known in one round trip", async () => {
    expect(await run(left)).toMatchObject({ way: "sums", equal: true, roundTrips: 1, tables: [] });
  });

  test("a few differences take three, by one sketch", async () => {
    expect(await run(changed(400))).toMatchObject({ way: "sketch", roundTrips: 3, tables: [24] });
  });

  test("some more take a second sketch", async () => {
    const { way, tables, roundTrips } = await run(changed(50), "sketch");
    expect([way, tables.length > 1, roundTrips]).toEqual(["sketch", true, 2 + tables.length]);
  });

  test("where most differs the listing is cheaper, and is chosen after one sketch", async () => {
    expect(await run(changed(2))).toMatchObject({ way: "listing", roundTrips: 3, tables: [24] });
  });

  test("where the counts alone say so not even a sketch is asked for", async () => {
    expect(await run(left.slice(0, 20))).toMatchObject({ way: "listing", roundTrips: 2, tables: [] });
  });
});

/** Ways in which a far end may be wrong; `pick` chooses where. */
const faults: Readonly<Record<string, (answer: Answer, pick: number) => Answer>> = {
  "cells of its sketches are damaged": (answer, pick) => {
    if (answer.type !== "table") return answer;
    const { table } = answer;
    const cell = pick % table.high.length;
    const part = [table.high, table.low, table.check, table.count][pick % 4] as Uint32Array;
    part[cell] = (part[cell] as number) ^ (1 + (pick % 255));
    return answer;
  },
  "sums of its groups are wrong": (answer, pick) => {
    if (answer.type !== "summary") return answer;
    const groups = answer.summary.groups.map((sum, group) => (group % 7 === pick % 7 ? pick & 0xffff : sum));
    return { ...answer, summary: { ...answer.summary, groups } };
  },
  "what its groups hold is summed up wrongly": (answer, pick) => {
    if (!("totals" in answer)) return answer;
    const { entries, folders } = answer.totals;
    const by = BigInt(1 + (pick % 1000));
    return pick % 2 === 0
      ? { ...answer, totals: { entries, folders: folders ^ by } }
      : { ...answer, totals: { entries: { ...entries, [pick % 3 === 0 ? "id" : "second"]: by }, folders } };
  },
  "its sketches are empty": (answer) => {
    if (answer.type === "table") answer.table.high.fill(0);
    return answer;
  },
  "its sketches have another size than was asked for": (answer) =>
    answer.type === "table" ? { ...answer, table: { ...answer.table, size: answer.table.size + 1 } } : answer,
  "it leaves out entries that were asked for by id": (answer, pick) =>
    answer.type === "entries" ? { ...answer, entries: without(answer.entries, pick) } : answer,
  "it sends other entries than it has": (answer, pick) => {
    if (!("entries" in answer)) return answer;
    const at = pick % Math.max(1, answer.entries.length);
    const entries = answer.entries.map((one, number) =>
      number === at ? { ...one, path: Buffer.concat([one.path, Buffer.from("!")]) } : one,
    );
    return { ...answer, entries };
  },
  "it leaves out entries of ranges and of the listing": (answer, pick) =>
    answer.type === "inside" || answer.type === "listing"
      ? { ...answer, entries: without(answer.entries, pick) }
      : answer,
  "sums of its ranges are wrong": (answer, pick) => {
    if (answer.type !== "sums" && answer.type !== "split") return answer;
    const at = pick % Math.max(1, answer.sums.length);
    const sums = answer.sums.map((sum, number) =>
      number === at ? { count: sum.count + (pick % 2), id: sum.id ^ BigInt(pick) } : sum,
    );
    return { ...answer, sums };
  },
  "bounds of its ranges are out of order": (answer) =>
    answer.type === "split" ? { ...answer, bounds: answer.bounds.toReversed() } : answer,
};

function without(entries: readonly Entry[], pick: number): Entry[] {
  const at = pick % Math.max(1, entries.length);
  return entries.filter((_, number) => number !== at);
}

/** As if both trees had the same in all groups but one that is empty. */
function hidden(other: number): (answer: Answer) => Answer {
  return (answer) => {
    if (answer.type !== "summary") return answer;
    const empty = answer.summary.groups.indexOf(0);
    const groups = answer.summary.groups.map((_, group) => (group === empty ? other : 0));
    return { ...answer, summary: { ...answer.summary, groups } };
  };
}

describe("a far end that is wrong leads to a surer way or an error, never to a wrong answer", () => {
  test.each(Object.keys(faults))("%s", async (name) => {
    const fault = faults[name] as (answer: Answer, pick: number) => Answer;
    const mirrored = fc.boolean();
    const force = fc.constantFrom(...ways);
    await fc.assert(
      fc.asyncProperty(twoTrees, fc.nat(100_000), force, mirrored, async (trees, pick, way, swap) => {
        const { left, right } = swap ? { left: trees.right, right: trees.left } : trees;
        const bent = side("mom", right, true, (answer) => fault(answer, pick));
        const pair = [side("laptop", left, true), bent] as const;
        const [one, other] = swap ? ([pair[1], pair[0]] as const) : pair;
        const came = await reconcile(one, other, optionsOf(way)).then(found, codeAndNode);
        expect([truth(trees, true), "E-SCAN-FAILED of mom"]).toContainEqual(came);
      }),
      { numRuns: 25 },
    );
  });

  test("damaged sketches fall back to the ranges", async () => {
    const left = inOrder(
      Array.from({ length: 3000 }, (_, number): Entry => {
        return { path: Buffer.from(`f/${number}`), kind: "file", size: number, mtime: 0 };
      }),
    );
    const right = left.slice(1);
    const bent = side(
      "mom",
      right,
      true,
      (answer) => faults["cells of its sketches are damaged"]?.(answer, 5) ?? answer,
    );
    const result = await reconcile(side("laptop", left, true), bent, optionsOf(undefined));
    expect(result).toMatchObject({ way: "ranges", leftOnly: left.slice(0, 1), rightOnly: [] });
  });

  test("a difference that the groups do not show is found in all groups", async () => {
    const left = inOrder(
      Array.from({ length: 3000 }, (_, number): Entry => {
        return { path: Buffer.from(`f/${number}`), kind: "file", size: number, mtime: 0 };
      }),
    );
    const result = await reconcile(
      side("laptop", left, true, hidden(1)),
      side("mom", left.slice(1), true, hidden(2)),
      optionsOf(undefined),
    );
    expect(result).toMatchObject({ way: "sketch", roundTrips: 3, leftOnly: left.slice(0, 1), rightOnly: [] });
  });

  test("a listing that contradicts its sums is an error with the node's name", async () => {
    const left = inOrder([{ path: Buffer.from("a"), kind: "file", size: 1, mtime: 1 }]);
    const bent = side("mom", left, true, (answer) =>
      answer.type === "summary" ? { ...answer, summary: { ...answer.summary, folders: 1n } } : answer,
    );
    await expect(reconcile(side("laptop", left, true), bent, optionsOf(undefined))).rejects.toMatchObject({
      code: "E-SCAN-FAILED",
      node: "mom",
      message: expect.stringContaining("contradict"),
    });
  });

  test("an answer out of turn is an error", async () => {
    const left = inOrder([{ path: Buffer.from("a"), kind: "file", size: 1, mtime: 1 }]);
    const bent = side("mom", [], true, (): Answer => ({ type: "listing-end" }));
    await expect(reconcile(side("laptop", left, true), bent, optionsOf(undefined))).rejects.toMatchObject({
      code: "E-SCAN-FAILED",
      node: "mom",
    });
  });
});

describe("a run that ends early", () => {
  test("gives the signal's reason and closes both sides", async () => {
    const closed: string[] = [];
    const controller = new AbortController();
    const silent = (name: string): TreeSide => ({
      name,
      local: false,
      ask: () => {},
      next: async () => new Promise<Answer>(() => {}),
      close: async () => void closed.push(name),
    });
    const running = reconcile(silent("home"), silent("mom"), {
      ...optionsOf(undefined),
      signal: controller.signal,
    });
    controller.abort(new Error("interrupted"));
    await expect(running).rejects.toThrow("interrupted");
    expect(closed).toEqual(["home", "mom"]);
  });

  test("gives a side's own error and closes the other one", async () => {
    const closed: string[] = [];
    const lost: TreeSide = {
      ...side("mom", [], true),
      next: async () => Promise.reject(new PimeshError("E-CONNECTION-LOST", "lost", { node: "mom" })),
    };
    const other: TreeSide = { ...side("laptop", [], true), close: async () => void closed.push("laptop") };
    await expect(reconcile(other, lost, optionsOf(undefined))).rejects.toMatchObject({
      code: "E-CONNECTION-LOST",
    });
    expect(closed).toEqual(["laptop"]);
  });
});

function codeAndNode(error: unknown): string {
  if (!(error instanceof PimeshError)) throw error;
  return `${error.code} of ${error.node}`;
}
