import type { Side } from "../compare.ts";
import type { Entry } from "../entry.ts";
import { AnswerError } from "./answer-error.ts";
import type { Result } from "./driver.ts";
import { fingerprinter } from "./fingerprint.ts";
import type { Answer, Range, RangeSum, Request } from "./messages.ts";
import { idOf, mod64 } from "./sums.ts";
import { sides } from "./way.ts";

/** Two files of one name and size whose contents differ, or of which that cannot be said. */
export interface ContentFinding {
  readonly left: Entry;
  readonly right: Entry;
  /** Which side could not read it, and why; without it the contents differ. */
  readonly unread?: { readonly side: Side; readonly reason: string };
}

/** Everything before `bound` has been compared, a sum of the stamps of its files for each side. */
export interface Milestone {
  /** undefined: the end. */
  readonly bound: Buffer | undefined;
  readonly stamps: Readonly<Record<Side, bigint>>;
  /** Of the files since the milestone before. */
  readonly bytes: number;
}

/** How far a comparison has come, to go on from there with the same key. */
export interface ContentProgress {
  readonly milestones: readonly Milestone[];
  readonly findings: readonly ContentFinding[];
}

export interface ContentOptions {
  readonly key: Buffer;
  /** Of an earlier run with this key. What has changed since is compared once more. */
  readonly earlier?: ContentProgress;
  /** Told how many bytes each side has to compare, and how many of them an earlier run has. */
  readonly onStart?: (bytes: number, earlier: number) => void;
  /** Told after each part. */
  readonly onProgress?: (progress: ContentProgress) => Promise<void>;
}

type Ask = <T extends Request["type"]>(
  request: Extract<Request, { readonly type: T }>,
) => Promise<Extract<Answer, { readonly type: T }>>;

/**
 * Compares the contents of the files that both trees have with the same name and size; `result` is that of their
 * reconciliation without times, and both sides are still open. Both read at the same time, a part of the tree after the
 * other; a part costs some 80 bytes each way, and one that differs 8 bytes a file.
 *
 * The numbers that are compared are of 64 bits and made with the key: nobody can choose contents that collide. Throws
 * what a side throws, and AnswerError where the answers contradict each other.
 */
export async function compareContents(
  sideAsks: Readonly<Record<Side, Ask>>,
  result: Result,
  { key, earlier, onStart, onProgress }: ContentOptions,
): Promise<readonly ContentFinding[]> {
  const both = async <T>(one: (ask: Ask, side: Side) => Promise<T>): Promise<Record<Side, T>> => {
    const [left, right] = await Promise.all([one(sideAsks.left, "left"), one(sideAsks.right, "right")]);
    return { left, right };
  };
  await both(async (ask, side) => ask({ type: "leave-out", ids: idsOf(result[`${side}Only`], key) }));
  const known = earlier ? await stillTrue(both, earlier) : { milestones: [], findings: [] };
  const start = known.milestones.at(-1);
  const findings = [...known.findings];
  const milestones = [...known.milestones];
  const own = result.leftOnly.reduce((sum, one) => sum + one.size, 0);
  onStart?.(
    result.summaries.left.counts.bytes - own,
    milestones.reduce((sum, one) => sum + one.bytes, 0),
  );
  if (start && start.bound === undefined) return findings;
  const ranges = await partsOf(sideAsks.left, result.summaries.left.count, start?.bound ?? Buffer.alloc(0));
  for await (const part of ahead(ranges, async (range) => compareRange(both, range))) {
    findings.push(...part.findings);
    milestones.push(part.milestone);
    await onProgress?.({ milestones, findings });
  }
  return findings;
}

type Both = <T>(one: (ask: Ask, side: Side) => Promise<T>) => Promise<Record<Side, T>>;

/** What of an earlier run holds: up to the first part in which a file has another name, size or time on either side. */
async function stillTrue(both: Both, earlier: ContentProgress): Promise<ContentProgress> {
  const { milestones } = earlier;
  const ranges = milestones.map(({ bound }, index): Range => ({
    low: milestones[index - 1]?.bound ?? Buffer.alloc(0),
    high: bound,
  }));
  if (ranges.length === 0) return { milestones: [], findings: [] };
  const now = await both(async (ask) => ask({ type: "stamps", ranges }));
  const changed = milestones.findIndex(({ stamps }, index) =>
    sides.some((side) => now[side].sums[index]?.id !== stamps[side]),
  );
  const kept = changed === -1 ? milestones : milestones.slice(0, changed);
  const last = kept.at(-1);
  const isBefore = ({ left }: ContentFinding): boolean =>
    last !== undefined && (last.bound === undefined || left.path.compare(last.bound) < 0);
  return { milestones: kept, findings: earlier.findings.filter(isBefore) };
}

/** Parts of about the same number of entries, from a path on. */
async function partsOf(ask: Ask, count: number, low: Buffer): Promise<readonly Range[]> {
  const parts = Math.min(255, Math.max(1, Math.ceil(count / entriesInPart)));
  const { bounds } = await ask({ type: "split", range: { low, high: undefined }, parts });
  return [...bounds, undefined].map((high, index) => ({ low: bounds[index - 1] ?? low, high }));
}

const entriesInPart = 200;

async function compareRange(
  both: Both,
  range: Range,
): Promise<{ readonly findings: readonly ContentFinding[]; readonly milestone: Milestone }> {
  const [read, stamps] = await Promise.all([
    both(async (ask) => ask({ type: "contents", range })),
    both(async (ask) => ask({ type: "stamps", ranges: [range] })),
  ]);
  const { left, right } = read;
  if (left.sum.count !== right.sum.count || left.bytes !== right.bytes) {
    throw new AnswerError("the sides do not have the same files to compare");
  }
  const milestone: Milestone = {
    bound: range.high,
    stamps: { left: only(stamps.left.sums).id, right: only(stamps.right.sums).id },
    bytes: left.bytes,
  };
  if (left.sum.id === right.sum.id && left.failed + right.failed === 0) return { findings: [], milestone };
  return { findings: await findIn(both, range, left.sum.count, read), milestone };
}

async function findIn(
  both: Both,
  range: Range,
  count: number,
  read: Record<Side, { readonly sum: RangeSum }>,
): Promise<readonly ContentFinding[]> {
  const numbers = await both(async (ask) => ask({ type: "content-numbers", range }));
  for (const side of sides) {
    const sum = mod64(numbers[side].numbers.reduce((all, one) => all + one, 0n));
    if (numbers[side].numbers.length !== count || sum !== read[side].sum.id) {
      throw new AnswerError("contents and their sum contradict each other");
    }
  }
  const { left, right } = numbers;
  const places = left.numbers.flatMap((number, place) =>
    number !== right.numbers[place] || left.failed.has(place) || right.failed.has(place) ? place : [],
  );
  const files = await both(async (ask) => ask({ type: "files", range, places }));
  return places.map((place, index): ContentFinding => {
    const one = files.left.entries[index];
    const other = files.right.entries[index];
    if (!one || !other || !one.path.equals(other.path)) {
      throw new AnswerError("the sides do not have the same files to compare");
    }
    const side = sides.find((each) => numbers[each].failed.has(place));
    const reason = side && numbers[side].failed.get(place);
    return { left: one, right: other, ...(side && reason !== undefined ? { unread: { side, reason } } : {}) };
  });
}

/** Asks for the next ones while the first is waited for: neither side is idle while the other still reads. */
async function* ahead<T, R>(list: readonly T[], start: (one: T) => Promise<R>): AsyncGenerator<R> {
  const started: Promise<R>[] = [];
  for (let index = 0; index < list.length; index += 1) {
    while (started.length < Math.min(list.length, index + partsAhead)) {
      const next = start(list[started.length] as T);
      // Its failure is told in its turn
      next.catch(() => {});
      started.push(next);
    }
    yield await (started[index] as Promise<R>);
  }
}

const partsAhead = 3;

function idsOf(entries: readonly Entry[], key: Buffer): bigint[] {
  const fingerprint = fingerprinter({ key, times: false });
  return entries.map((entry) => idOf(fingerprint(entry)));
}

function only<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined || list.length > 1)
    throw new AnswerError("another number of sums than was asked for");
  return one;
}
