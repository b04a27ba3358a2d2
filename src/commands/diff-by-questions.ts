import { randomBytes } from "node:crypto";
import { formatBytes } from "../core/bytes.ts";
import type { CompareOptions, Comparison } from "../tree/compare.ts";
import { compareReconciled } from "../tree/compare-reconciled.ts";
import { reconcile } from "../tree/reconcile/run.ts";
import type { AskedSide, DiffSide } from "./diff-side.ts";

type Two<T> = { readonly left: T; readonly right: T };

/** What came of it: a comparison and how it was found, or why the trees have to be listed. */
export type ByQuestions =
  | { readonly comparison: Comparison; readonly how: readonly string[] }
  | { readonly listed: string };

/**
 * Compares two trees by asking both sides for what differs, so that the wire carries the difference and not the trees. Throws
 * what `reconcile` throws, and E-DISK-NOT-MOUNTED when a disk has left meanwhile.
 */
export async function diffByQuestions(
  { left, right }: Two<DiffSide>,
  options: CompareOptions,
  signal: AbortSignal,
): Promise<ByQuestions> {
  if (options.checksum !== undefined) return { listed: "contents are compared file by file" };
  if (options.mtimeWindow > 0) return { listed: "no fingerprint expresses a window of time" };
  const hashing = { key: randomBytes(16), times: true };
  const opened = await Promise.allSettled([left.asked(hashing), right.asked(hashing)]);
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
    const name = one === undefined ? left.name : right.name;
    return { listed: `${name} has no Python 3.5 or newer` };
  }
  if (left.hasOwnRules() && right.hasOwnRules()) {
    await giveUp();
    return { listed: "the ignore files of both sides hide more than the inventory says" };
  }
  const result = await reconcile(one.side, other.side, { hashing, signal });
  await Promise.all([one.finish(), other.finish()]);
  const trips = `${result.roundTrips} round ${result.roundTrips === 1 ? "trip" : "trips"}`;
  return {
    comparison: await compareReconciled(result, options),
    how: [
      `found by ${ways[result.way]} in ${trips}`,
      ...[trafficOf(left.name, one), trafficOf(right.name, other)].flat(),
    ],
  };
}

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
