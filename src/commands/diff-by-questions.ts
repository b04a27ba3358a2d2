import { randomBytes } from "node:crypto";
import { formatBytes } from "../core/bytes.ts";
import { formatDuration } from "../core/duration.ts";
import type { CompareOptions, Comparison } from "../tree/compare.ts";
import { compareReconciled } from "../tree/compare-reconciled.ts";
import type { ContentOptions } from "../tree/reconcile/contents.ts";
import { indexAge, type IndexAges } from "../report/index-age.ts";
import { reconcile } from "../tree/reconcile/run.ts";
import { forgetProgress, readProgress, writeProgress } from "../tree/content-progress.ts";
import type { Context } from "./context.ts";
import type { AskedSide, DiffSide } from "./diff-side.ts";

type Two<T> = { readonly left: T; readonly right: T };

/** What came of it: a comparison and how it was found, or why the trees have to be listed. */
export type ByQuestions =
  | { readonly comparison: Comparison; readonly indexes: IndexAges; readonly how: readonly string[] }
  | { readonly listed: string };

/** Bytes a side that have been compared, of how many, and milliseconds since it began. */
export type OnContents = (bytes: Two<number>, all: number) => void;

export interface QuestionsOptions extends Pick<CompareOptions, "names" | "mtimeWindow"> {
  /** Contents are compared too. */
  readonly onContents?: OnContents;
}

async function bothOf(opening: Two<Promise<DiffSide>>): Promise<Two<DiffSide>> {
  const [left, right] = await Promise.all([opening.left, opening.right]);
  return { left, right };
}

/**
 * Compares two trees by asking both sides for what differs, so that the wire carries the difference and not the trees; each as soon as
 * it has been reached. With
 * `onContents` the contents of what looks the same are compared too; a comparison that was cut off goes on where it was.
 * Throws what `reconcile` throws, and E-DISK-NOT-MOUNTED when a disk has left meanwhile.
 */
export async function diffByQuestions(
  context: Context,
  opening: Two<Promise<DiffSide>>,
  { names, mtimeWindow, onContents }: QuestionsOptions,
): Promise<ByQuestions> {
  if (mtimeWindow > 0) {
    await bothOf(opening);
    return { listed: "no fingerprint expresses a window of time" };
  }
  const contents = onContents && (await contentsOf(context, names, onContents));
  const hashing = { key: contents?.key ?? randomBytes(16), times: contents === undefined };
  const opened = await Promise.allSettled([
    opening.left.then(async (side) => side.asked(hashing, contents?.onHashed.left)),
    opening.right.then(async (side) => side.asked(hashing, contents?.onHashed.right)),
  ]);
  const given = opened.map((one) => (one.status === "fulfilled" ? one.value : undefined));
  const [one, other] = given;
  const giveUp = (): Promise<unknown> => Promise.all(given.map(async (each) => each?.side.close()));
  const failed = opened.find((each) => each.status === "rejected");
  if (failed) {
    await giveUp();
    throw failed.reason;
  }
  if (one === undefined || other === undefined) {
    await giveUp();
    const name = one === undefined ? names.left : names.right;
    return { listed: `${name} has no Python 3.5 or newer` };
  }
  const { left, right } = await bothOf(opening);
  if (left.hasOwnRules() && right.hasOwnRules()) {
    await giveUp();
    return { listed: "the ignore files of both sides hide more than the inventory says" };
  }
  const result = await reconcile(one.side, other.side, {
    hashing,
    signal: context.signal,
    ...(contents ? { contents } : {}),
  });
  await Promise.all([one.finish(), other.finish()]);
  await contents?.done();
  const { left: l, right: r } = result.summaries;
  const trips = `${result.roundTrips} round ${result.roundTrips === 1 ? "trip" : "trips"}`;
  return {
    comparison: await compareReconciled(result, {
      names,
      mtimeWindow,
      hides: { left: left.hides, right: right.hides },
    }),
    indexes: { left: indexAge(l.index, one.now), right: indexAge(r.index, other.now) },
    how: [
      `found by ${ways[result.way]} in ${trips}`,
      ...(contents?.how() ?? []),
      ...[trafficOf(left.name, one), trafficOf(right.name, other)].flat(),
    ],
  };
}

interface Contents extends Omit<ContentOptions, "key"> {
  readonly key: Buffer;
  readonly onHashed: Two<(bytes: number) => void>;
  readonly done: () => Promise<void>;
  readonly how: () => readonly string[];
}

/** A comparison of contents: how far it had come when it was cut off, and how far it comes now. */
async function contentsOf(
  context: Context,
  compared: { readonly left: string; readonly right: string },
  onContents: OnContents,
): Promise<Contents> {
  const kept = await readProgress(context.stateFolder, compared);
  const earlier = kept && context.now() - kept.at < oldestMs ? kept : undefined;
  const key = earlier?.key ?? randomBytes(16);
  const hashed = { left: 0, right: 0 };
  let all = 0;
  let keptAt = context.now();
  let skipped = 0;
  const told = (): void => onContents({ left: skipped + hashed.left, right: skipped + hashed.right }, all);
  const hashedOn = (side: keyof typeof hashed) => (bytes: number) => {
    hashed[side] = bytes;
    told();
  };
  return {
    key,
    onHashed: { left: hashedOn("left"), right: hashedOn("right") },
    ...(earlier ? { earlier } : {}),
    onStart(bytes, found) {
      all = bytes;
      skipped = found;
      if (found === 0 || !earlier) return;
      const age = formatDuration(context.now() - earlier.at);
      context.err(
        `goes on where it was cut off ${age} ago: ${formatBytes(found)} of ${formatBytes(bytes)} need not be read again\n`,
      );
    },
    async onProgress(progress) {
      if (context.now() - keptAt < keepEveryMs) return;
      keptAt = context.now();
      await writeProgress(context.stateFolder, compared, { key, at: keptAt, ...progress });
    },
    done: async () => forgetProgress(context.stateFolder, compared),
    how: () => [
      `contents of ${formatBytes(all)} compared${skipped > 0 ? `, ${formatBytes(skipped)} of them in an earlier run` : ""}`,
    ],
  };
}

/** What rots in a file changes neither its size nor its time. */
const oldestMs = 7 * 24 * 60 * 60_000;
const keepEveryMs = 5000;

function trafficOf(name: string, { traffic }: AskedSide): string[] {
  if (traffic === undefined) return [];
  const { sent, received } = traffic();
  return [`${name}: ${formatBytes(sent)} sent, ${formatBytes(received)} received, before encryption`];
}

const ways = {
  sums: "equal sums",
  sketch: "a sketch of the difference",
  ranges: "sums of ranges",
  listing: "listings, as so much differs",
};
