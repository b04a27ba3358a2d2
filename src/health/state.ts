import { holdsTree, type MeasuredCounts, type Measurement } from "../history/measurement.ts";
import type { WebMeasured } from "../history/traces-measurement.ts";

/**
 * The state words, the first that holds:
 *
 * - `unreachable`: no answer this time; the numbers are the last ones it gave
 * - `disk-absent`: no disk, the wrong disk, two candidates, or (on a provisioned node) the disk not mounted at its place
 * - `unprovisioned`: pimesh has never set it up
 * - `degraded`: it holds its tree, but something that it needs is off: read-only disk, engine, swap, space, power, clock; or its
 *   engine says that it stands
 * - `syncing`: its engine is at work, or not the same as the laptop, and on its way: files are arriving, or it is nearer than last time
 * - `behind`: not the same as the laptop, in either direction, or its engine lacks something, and nothing moves; the problem says
 *   which one has more
 * - `ok`: the same number of files and bytes as the laptop, nothing wrong, and where its engine could be asked, in sync by its word
 */
export type State =
  | "ok"
  | "syncing"
  | "behind"
  | "degraded"
  | "unreachable"
  | "disk-absent"
  | "unprovisioned";

/** Beside each word, so that it is found at a glance and never by its colour alone. */
export const stateSymbol: Readonly<Record<State, string>> = {
  ok: "✓",
  syncing: "↻",
  behind: "↓",
  degraded: "!",
  unreachable: "✗",
  "disk-absent": "⊘",
  unprovisioned: "?",
};

/** Files and bytes of a tree: what is compared with the laptop. */
export type Amount = Pick<MeasuredCounts, "files" | "bytes">;

export interface Judged {
  readonly measurement: Measurement;
  /** The laptop's tree; undefined while it is not known. */
  readonly reference: Amount | undefined;
  /** What the node held when it was last counted before. */
  readonly before: Amount | undefined;
  /** Whether something is wrong beyond the disk not being there; see `problemsOf`. */
  readonly degraded: boolean;
}

/** The state word of a node that answered. */
export function stateOf({ measurement, reference, before, degraded }: Judged): Exclude<State, "unreachable"> {
  if (diskIsAbsent(measurement)) return "disk-absent";
  if (!isSetUp(measurement)) return "unprovisioned";
  if (degraded || measurement.counts === null) return "degraded";
  // What is not in sync and stands for a reason of its own is degraded already: idle, it waits for a home that has what it needs.
  if (measurement.sync?.kind === "told" && !measurement.sync.inSync) {
    return measurement.sync.state === "idle" ? "behind" : "syncing";
  }
  const word = measurement.traces?.kind === "seen" ? wordOf(measurement.traces.web) : undefined;
  if (word !== undefined) return word;
  if (reference === undefined || isSame(measurement.counts, reference)) return "ok";
  return isSyncing(measurement.counts, reference, before) ? "syncing" : "behind";
}

/** By the word of a web interface; undefined where the counts have to tell: it is silent, in sync, or not understood. */
function wordOf(web: WebMeasured): "syncing" | "behind" | undefined {
  if (web.kind !== "told") return undefined;
  if (web.state === "incomplete") return "behind";
  return ["receiving", "sending", "syncing", "indexing"].includes(web.state) ? "syncing" : undefined;
}

/** A fresh Pi whose disk is merely not mounted yet is `unprovisioned`: mounting it is what provision does. */
export function diskIsAbsent(measurement: Measurement): boolean {
  const { disk } = measurement;
  if (holdsTree(disk.state) || disk.state === "unknown") return false;
  return isSetUp(measurement) || !(disk.state === "unmounted" || disk.state === "elsewhere");
}

/** Has pimesh set it up? A record that cannot be read still is one. */
export function isSetUp({ provisioned, provisionedError }: Measurement): boolean {
  return provisioned !== null || provisionedError !== null;
}

export function isSame(left: Amount, right: Amount): boolean {
  return left.files === right.files && left.bytes === right.bytes;
}

function isSyncing(counts: MeasuredCounts, reference: Amount, before: Amount | undefined): boolean {
  if (counts.inFlight > 0) return true;
  if (before === undefined) return false;
  return (
    distance(counts, reference).files < distance(before, reference).files ||
    distance(counts, reference).bytes < distance(before, reference).bytes
  );
}

function distance(left: Amount, right: Amount): Amount {
  return { files: Math.abs(left.files - right.files), bytes: Math.abs(left.bytes - right.bytes) };
}
