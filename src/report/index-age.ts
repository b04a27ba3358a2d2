import { formatDuration } from "../core/duration.ts";
import type { Side } from "../tree/compare.ts";

/** How old an index is that stood for a tree, in seconds by the node's clock; below 0 when that was ahead and is no more. */
export interface IndexAge {
  readonly age: number;
  /** How long the walk took that it was made in: what changed meanwhile may be in it or not. */
  readonly seconds: number;
}

/** Undefined: the tree itself was read. */
export type IndexAges = Readonly<Record<Side, IndexAge | undefined>>;

/** `index`: when it was begun, by the clock that says `now` now; both in seconds since the epoch. */
export function indexAge(
  index: { readonly at: number; readonly seconds: number } | undefined,
  now: number | undefined,
): IndexAge | undefined {
  if (index === undefined || now === undefined) return undefined;
  return { age: now - index.at, seconds: index.seconds };
}

/** In words that follow the node's name. */
export function indexAgeText({ age }: IndexAge): string {
  if (age < 0) return `read from its index, which is ${formatDuration(-age * 1000)} ahead of its clock`;
  return age < 1
    ? "read from its index, made just now"
    : `read from its index, made ${formatDuration(age * 1000)} ago`;
}
