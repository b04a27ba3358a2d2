import type { Unit } from "./numbers.ts";

/** What we are compared with, in the order of the table's columns. */
export const peers = ["find", "ssh", "rsync", "rclone", "find+zstd", "pssh", "Ansible"] as const;
export type Peer = (typeof peers)[number];

export interface Value {
  readonly value: number;
  /** Computed from its bytes and the line's rate, because it would have taken too long. */
  readonly computed?: boolean;
  /** Less than this; how much less could not be told. */
  readonly below?: boolean;
}

export interface Target {
  /** As the table says it. */
  readonly text: string;
  /** The most that our value, or with `of` our ratio to that peer, may be. */
  readonly limit: number;
  readonly better?: number;
  readonly of?: Peer;
  /** Why it cannot be judged in this run, though measured: `smaller tree`. */
  readonly unjudged?: string;
}

/** One line of the table. A value that is not there was not measured. */
export interface Row {
  readonly work: string;
  readonly unit: Unit;
  readonly ours?: Value | undefined;
  readonly theirs: { readonly [P in Peer]?: Value | undefined };
  readonly target?: Target;
  /** Ours over theirs, measured side by side. */
  readonly ratios?: { readonly [P in Peer]?: number | undefined };
}

/** Is the target met? `better`: the stretch of it too; `–`: there is none, or nothing to judge by. */
export function verdict(row: Row): string {
  const { target } = row;
  if (target === undefined || row.ours === undefined) return "–";
  const value = target.of === undefined ? row.ours.value : ratioTo(row, target.of);
  if (value === undefined) return "–";
  if (target.unjudged !== undefined) return target.unjudged;
  if (value > target.limit) return "**missed**";
  return target.better !== undefined && value <= target.better ? "better" : "met";
}

/** Ours over that peer's: the paired one where there is one. */
export function ratioTo(row: Row, peer: Peer): number | undefined {
  const paired = row.ratios?.[peer];
  if (paired !== undefined) return paired;
  const their = row.theirs[peer]?.value;
  return row.ours === undefined || their === undefined || their === 0 ? undefined : row.ours.value / their;
}

/** The peer that a row's ratio is shown against: the target's, else the best one. */
export function rival(row: Row): Peer | undefined {
  if (row.target?.of !== undefined) return row.target.of;
  const known = peers.filter((peer) => peer !== "ssh" && ratioTo(row, peer) !== undefined);
  return known.toSorted((left, right) => (row.theirs[left]?.value ?? 0) - (row.theirs[right]?.value ?? 0))[0];
}
