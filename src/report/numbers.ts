import { formatBytes } from "../core/bytes.ts";
import { formatDuration } from "../core/duration.ts";
import { thousands } from "../core/thousands.ts";

/**
 * `99.9%`, one decimal place. `100%` is said of the whole alone: what is a little less or more is rounded away from it,
 * since a missing file in 300,000 must not look like none. undefined where there is nothing to be a part of.
 */
export function percent(part: number, whole: number): string | undefined {
  if (part === whole) return "100%";
  if (whole === 0) return undefined;
  const tenths = (part / whole) * 1000;
  return `${((part < whole ? Math.min(999, Math.floor(tenths)) : Math.max(1001, Math.ceil(tenths))) / 10).toFixed(1)}%`;
}

export function difference(value: number, reference: number | undefined): number | undefined {
  return reference === undefined ? undefined : value - reference;
}

/** `+1,234`, `-5`, `0`. */
export function signedCount(value: number): string {
  return `${value > 0 ? "+" : ""}${thousands(value)}`;
}

/** `+1.5 GiB`, `-12`, `0`. */
export function signedBytes(bytes: number, numbers: "human" | "exact"): string {
  if (bytes === 0) return "0";
  return `${bytes > 0 ? "+" : ""}${numbers === "exact" ? bytes : formatBytes(bytes)}`;
}

/** The largest unit of a span alone, for a column: `3 d`, `12 min`, `now`. */
export function age(milliseconds: number): string {
  return formatDuration(milliseconds).split(" ").slice(0, 2).join(" ");
}
