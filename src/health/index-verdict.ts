import type { Answer } from "../core/answer.ts";
import { formatDuration } from "../core/duration.ts";
import type { IndexSummary } from "../facts/index-summary.ts";
import { sameUuid } from "../facts/wrong-disk.ts";
import type { MeasuredCounts } from "../history/measurement.ts";

/** Whether the node's own index can stand for a count of now. */
export type IndexVerdict =
  /** `age` in seconds, by the node's clock. */
  | { readonly kind: "good"; readonly counts: MeasuredCounts; readonly age: number }
  /** Nobody has set one up, or nobody keeps it any more. */
  | { readonly kind: "none" }
  /** `why` says so in words that follow "its index". */
  | { readonly kind: "missing" | "stale" | "foreign" | "damaged"; readonly why: string };

export interface IndexWanted {
  /** The node was set up to keep one. */
  readonly promised: boolean;
  /** Of the disk that is mounted at its place; null: it could not be told. */
  readonly uuid: string | null;
  /** Absolute path on the node. */
  readonly tree: string;
  /** See `rulesHash`. */
  readonly rules: string;
  /** The node's clock, in seconds since the epoch; undefined: it could not be told. */
  readonly now: number | undefined;
}

/** Old is what has missed its turn twice: one film may come between. */
const turns = 2;

/** A Pi has no clock of its own: after a boot it may be some seconds behind until the network has told it. */
const ahead = 60;

/** Pure. Only for a disk that is mounted at its place: else the file is not the disk's. */
export function indexVerdict(answer: Answer<IndexSummary>, wanted: IndexWanted): IndexVerdict {
  if (answer.kind === "absent") {
    return wanted.promised ? { kind: "missing", why: "is not made yet" } : { kind: "none" };
  }
  if (answer.kind !== "value") {
    return {
      kind: "damaged",
      why: `cannot be read (${answer.kind === "empty" ? "it is empty" : answer.reason})`,
    };
  }
  const summary = answer.value;
  if (summary.schemaVersion === 1) {
    return { kind: "foreign", why: "does not say of which disk it is: an older pimesh has made it" };
  }
  if (wanted.uuid === null || !sameUuid(summary.uuid, wanted.uuid)) {
    return { kind: "foreign", why: `is of another disk (${summary.uuid})` };
  }
  if (summary.tree !== wanted.tree) return { kind: "foreign", why: `is of another folder (${summary.tree})` };
  if (summary.rules !== wanted.rules) return { kind: "foreign", why: "was made by other ignore rules" };
  // What nobody keeps any more grows old, and that is nothing to look into
  const stale = (why: string): IndexVerdict => (wanted.promised ? { kind: "stale", why } : { kind: "none" });
  if (wanted.now === undefined) return stale("may be of any time: the node does not say how late it is");
  const age = wanted.now - summary.at;
  if (age < -ahead) {
    return stale(`is ${formatDuration(-age * 1000)} ahead of the node's clock`);
  }
  if (age > turns * summary.interval) {
    return stale(`is ${formatDuration(age * 1000)} old`);
  }
  const { files, bytes, folders, symlinks, specials, inFlight, unreadable, newest, conflicts } = summary;
  return {
    kind: "good",
    counts: {
      files,
      bytes,
      folders,
      symlinks,
      specials,
      inFlight,
      unreadable,
      newest,
      ...(conflicts === undefined ? {} : { conflicts }),
    },
    age: Math.max(0, age),
  };
}
