import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, Scanned, Unreadable } from "../../../src/tree/entry.ts";
import { folderSummer, type FolderSums } from "../../../src/tree/reconcile/folder-sums.ts";
import { allGroups } from "../../../src/tree/reconcile/groups.ts";
import { localSide, type LocalSide } from "../../../src/tree/reconcile/local-side.ts";
import { wholeTree, type Answer, type Range, type Request } from "../../../src/tree/reconcile/messages.ts";
import { idOf, sumsOf } from "../../../src/tree/reconcile/sums.ts";
import { fingerprinter } from "../../../src/tree/reconcile/fingerprint.ts";
import { scanOf, type Scan } from "../../../src/tree/scan.ts";
import { tree } from "../../support/random-entries.ts";

const hashing = { key: Buffer.alloc(16, 1), times: true };
const idOfEntry = (entry: Entry): bigint => idOf(fingerprinter(hashing)(entry));

function folderSums(entries: readonly Entry[]): FolderSums {
  const summer = folderSummer(hashing);
  for (const one of entries) summer.add(one);
  return summer.done();
}

async function ready(entries: readonly Scanned[]): Promise<LocalSide> {
  const side = localSide("laptop", scanOf(entries), hashing);
  await side.next();
  return side;
}

async function ask<T extends Answer["type"]>(
  side: LocalSide,
  request: Request,
  _type: T,
): Promise<Extract<Answer, { type: T }>> {
  side.ask(request);
  return (await side.next()) as Extract<Answer, { type: T }>;
}

const file = (path: string): Entry => ({ path: Buffer.from(path), kind: "file", size: 5, mtime: 9 });

test("the summary counts what the scan has, and tells what could not be read apart", async () => {
  const early: Unreadable = { path: Buffer.from("d"), kind: "unreadable", reason: "EACCES" };
  const late: Unreadable = { path: Buffer.from("e"), kind: "unreadable", reason: "EIO" };
  const scan: Scan = { ...scanOf([file("a"), early, file("f")], 3), late: () => [late] };
  const answer = await localSide("laptop", scan, hashing).next();
  expect(answer).toMatchObject({
    type: "summary",
    summary: {
      count: 2,
      folders: folderSums([file("a"), file("f")]).of(allGroups),
      counts: { files: 2, bytes: 10, inFlight: 3, unreadable: 2, newest: 9 },
      unreadable: [early, late],
    },
  });
});

test("entries are found by the start of their ids", async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (entries) => {
      const side = await ready(entries);
      const wanted = entries.filter((_, number) => number % 3 === 0);
      const starts = wanted.map((one) => Number(idOfEntry(one) >> 24n));
      const { totals } = await ask(side, { type: "totals" }, "totals");
      expect(totals.entries).toEqual(sumsOf(entries, hashing));
      expect((await ask(side, { type: "entries", starts }, "entries")).entries).toEqual(wanted);
      expect([...side.entries()]).toEqual(entries);
    }),
    { numRuns: 30 },
  );
});

test("the parts of a range are disjoint, of about the same length, and hold what they say", async () => {
  await fc.assert(
    fc.asyncProperty(tree, fc.integer({ min: 1, max: 17 }), async (entries, parts) => {
      const side = await ready(entries);
      const { bounds, sums } = await ask(side, { type: "split", range: wholeTree, parts }, "split");
      expect(sums).toHaveLength(bounds.length + 1);
      expect(sums).toHaveLength(Math.max(1, Math.min(parts, entries.length)));
      const edges = [Buffer.alloc(0), ...bounds, undefined];
      const ranges = sums.map((_, part): Range => ({ low: edges[part] as Buffer, high: edges[part + 1] }));
      const told = await ask(side, { type: "sums", ranges }, "sums");
      expect(told.sums).toEqual(sums);
      const inside = await ask(side, { type: "inside", ranges }, "inside");
      expect(inside.entries).toEqual(entries);
      const counts = sums.map(({ count }) => count);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 30 },
  );
});

test("bounds are no longer than they have to be", async () => {
  const side = await ready(["holiday/a long name", "holiday/b long name"].map(file));
  const { bounds } = await ask(side, { type: "split", range: wholeTree, parts: 2 }, "split");
  expect(bounds.map(String)).toEqual(["holiday/b"]);
});

test("a listing comes in parts and ends", async () => {
  const entries = Array.from({ length: 5000 }, (_, number) => file(String(number + 10_000)));
  const side = await ready(entries);
  side.ask({ type: "listing" });
  const came: Entry[] = [];
  let answers = 0;
  for (let answer = await side.next(); answer.type === "listing"; answer = await side.next()) {
    came.push(...answer.entries);
    answers += 1;
  }
  expect(answers).toBeGreaterThan(1);
  expect(came).toEqual(entries);
});

describe("a side that is closed", () => {
  test("while its tree is read lets go of the scan at the next batch", async () => {
    let closed = false;
    const scan: Scan = {
      progress: { entries: 0, inFlight: 0 },
      async *[Symbol.asyncIterator]() {
        try {
          for (let number = 10_000; ; number += 1) {
            yield [file(String(number))];
            await new Promise((resolve) => setImmediate(resolve));
          }
        } finally {
          closed = true;
        }
      },
    };
    const side = localSide("laptop", scan, hashing);
    const summary = side.next();
    const [ended] = await Promise.allSettled([summary, side.close()]);
    expect(ended.status).toBe("rejected");
    expect(closed).toBe(true);
  });
});
