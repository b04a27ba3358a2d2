import type { Value } from "./row.ts";

/** The middle value; of an even number of values the mean of the two in the middle. Throws RangeError without any. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("a median of nothing");
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** `undefined` when there is none. */
export function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

/**
 * The median of ours[i] / theirs[i] over the rounds that have both: what was measured side by side shared the machine's
 * load, so its quotient is steadier than that of two medians.
 */
export function pairedRatio(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): number | undefined {
  return medianOf(
    ours.map((our, round) => {
      const their = theirs[round];
      return our === undefined || their === undefined || their === 0 ? undefined : our / their;
    }),
  );
}

/** The largest peak; below the floor only when all of them are. */
export function peakValue(peaks: readonly (Value | undefined)[]): Value | undefined {
  const known = peaks.filter((peak) => peak !== undefined);
  return known.toSorted(
    (left, right) => right.value - left.value || Number(left.below ?? false) - Number(right.below ?? false),
  )[0];
}
