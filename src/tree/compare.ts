import type { Entry, Scanned, Unreadable } from "./entry.ts";
import { join, type Pair } from "./join.ts";
import { byPath } from "./order.ts";
import type { Scan } from "./scan.ts";
import { pairTwins } from "./twins.ts";
import { UnreadablePlaces } from "./unreadable.ts";

export type Side = "left" | "right";

/** One path that is not the same on both sides, or of which that cannot be said. */
export type Difference = {
  /** Of the left side where it has one. */
  readonly path: Buffer;
  readonly left?: Entry;
  readonly right?: Entry;
} & (
  | {
      readonly kind: "only-left" | "only-right";
      /** The path on the other side that differs in upper and lower case alone. */
      readonly caseTwin?: Buffer;
    }
  | { readonly kind: "differs"; readonly by: "kind" | "target" | "size" | "mtime" | "content" }
  /** The same file under another Unicode normalisation of its name; `right.path` is the other name. */
  | { readonly kind: "normalisation" }
  | { readonly kind: "unknown"; readonly reason: string }
);

export interface Total {
  /** Files, folders, symlinks and special files. */
  entries: number;
  /** Regular files, and the bytes in them: the left side's where it has the file. */
  files: number;
  bytes: number;
}

export interface Comparison {
  /** In the order of their paths. */
  readonly differences: readonly Difference[];
  readonly totals: Readonly<Record<Verdict, Total>>;
  readonly left: Total;
  readonly right: Total;
  /** Pairs among `only-left` and `only-right` whose names differ by case alone. */
  readonly caseTwins: number;
}

export type Verdict = "same" | "onlyLeft" | "onlyRight" | "differ" | "normalisation" | "unknown";

/** Two files of the same size whose content decides. */
export interface Candidate {
  readonly left: Entry;
  readonly right: Entry;
}

export type ContentVerdict = "same" | "differs" | { readonly unknown: string };

export interface CompareOptions {
  /** Names of the two sides, for reasons. */
  readonly names: Readonly<Record<Side, string>>;
  /** Two times that are at most so many seconds apart are the same. */
  readonly mtimeWindow: number;
  /** Which entries a side's own rules hide beyond the rules that both share. `path` is latin1. */
  readonly hides?: Readonly<Partial<Record<Side, (path: string, kind: "folder" | "other") => boolean>>>;
  /**
   * Decides by content, an answer for each candidate in order; without it, time decides. With it a time that
   * differs is no difference.
   */
  readonly checksum?: (candidates: readonly Candidate[]) => Promise<readonly ContentVerdict[]>;
}

/**
 * Compares two trees: folders by existence, symlinks by target, files by size and time (or content).
 *
 * Memory: the differences, some 300 bytes each, and with `checksum` the pairs to hash; what is the same is only
 * counted. Unmatched names have to be kept to the end, because the other spelling of an accented name may stand
 * anywhere in the order.
 */
export async function compareTrees(left: Scan, right: Scan, options: CompareOptions): Promise<Comparison> {
  const state = new State(options);
  for await (const pair of join(left, right)) state.take(pair);
  state.takeLate("left", left.late?.() ?? []);
  state.takeLate("right", right.late?.() ?? []);
  state.pairUnmatched();
  await state.settleContent();
  return state.result();
}

class State {
  readonly #options: CompareOptions;
  readonly #differences: Difference[] = [];
  readonly #onlyLeft: Entry[] = [];
  readonly #onlyRight: Entry[] = [];
  readonly #unreadable = { left: new UnreadablePlaces(), right: new UnreadablePlaces() };
  readonly #candidates: (Candidate & { readonly otherwise: "same" | "normalisation" })[] = [];
  readonly #totals = {
    same: zero(),
    onlyLeft: zero(),
    onlyRight: zero(),
    differ: zero(),
    normalisation: zero(),
    unknown: zero(),
  };
  readonly #sides = { left: zero(), right: zero() };
  #caseTwins = 0;

  constructor(options: CompareOptions) {
    this.#options = options;
  }

  take({ left, right }: Pair): void {
    const hidden = this.#hiddenBy(left ?? right);
    if (hidden === "both") return;
    if (left) this.#note("left", left);
    if (right) this.#note("right", right);
    const unread = unreadableOf(left, "left") ?? unreadableOf(right, "right");
    if (unread) {
      this.#unknown(
        `could not be read on ${this.#options.names[unread.side]}: ${unread.reason}`,
        left,
        right,
      );
      return;
    }
    const l = left as Entry | undefined;
    const r = right as Entry | undefined;
    if (l && r) {
      const by = this.#differsBy(l, r);
      if (by === undefined) this.#settle("same", l, r);
      else if (hidden) this.#unknown(this.#hiddenReason(hidden), l, r);
      else this.#add({ kind: "differs", by, path: l.path, left: l, right: r });
    } else if (hidden) {
      this.#unknown(this.#hiddenReason(hidden), l, r);
    } else if (l) {
      this.#lone("right", l, this.#onlyLeft);
    } else if (r) {
      this.#lone("left", r, this.#onlyRight);
    }
  }

  /** Each is a difference of its own, and takes back what was called missing below it. */
  takeLate(side: Side, places: readonly Unreadable[]): void {
    if (places.length === 0) return;
    for (const place of places) {
      this.#unreadable[side].add(place);
      this.#add({
        kind: "unknown",
        reason: `could not be read on ${this.#options.names[side]}: ${place.reason}`,
        path: place.path,
      });
    }
    const unmatched = side === "left" ? this.#onlyRight : this.#onlyLeft;
    const lone = unmatched.splice(0);
    for (const entry of lone) if (!this.#unreadable[side].has(entry.path)) this.#lone(side, entry, unmatched);
  }

  pairUnmatched(): void {
    const twins = pairTwins(this.#onlyLeft, this.#onlyRight);
    for (const { left, right } of twins.normalisation) {
      const by = this.#differsBy(left, right);
      if (by === undefined) this.#settle("normalisation", left, right);
      else this.#add({ kind: "differs", by, path: left.path, left, right });
    }
    for (const { left, right } of twins.letterCase) {
      this.#add({ kind: "only-left", path: left.path, left, caseTwin: right.path });
      this.#add({ kind: "only-right", path: right.path, right, caseTwin: left.path });
    }
    this.#caseTwins = twins.letterCase.length;
    for (const left of twins.onlyLeft) this.#add({ kind: "only-left", path: left.path, left });
    for (const right of twins.onlyRight) this.#add({ kind: "only-right", path: right.path, right });
  }

  async settleContent(): Promise<void> {
    if (!this.#options.checksum || this.#candidates.length === 0) return;
    const verdicts = await this.#options.checksum(this.#candidates);
    this.#candidates.forEach(({ left, right, otherwise }, index) => {
      const verdict = verdicts[index] ?? { unknown: "was not hashed" };
      if (verdict === "same") this.#agree(otherwise, left, right);
      else if (verdict === "differs") {
        this.#add({ kind: "differs", by: "content", path: left.path, left, right });
      } else this.#unknown(verdict.unknown, left, right);
    });
  }

  result(): Comparison {
    return {
      differences: this.#differences.toSorted(byPath),
      totals: this.#totals,
      left: this.#sides.left,
      right: this.#sides.right,
      caseTwins: this.#caseTwins,
    };
  }

  #lone(other: Side, entry: Entry, unmatched: Entry[]): void {
    const place = this.#unreadable[other].covering(entry.path);
    if (place === undefined) unmatched.push(entry);
    else {
      const where = place.path.length === 0 ? "the tree" : "it or a folder above it";
      const reason = `${where} could not be read on ${this.#options.names[other]}: ${place.reason}`;
      if (other === "right") this.#unknown(reason, entry, undefined);
      else this.#unknown(reason, undefined, entry);
    }
  }

  #differsBy(left: Entry, right: Entry): "kind" | "target" | "size" | "mtime" | undefined {
    if (left.kind !== right.kind) return "kind";
    if (left.kind === "symlink") {
      return left.target && right.target && left.target.equals(right.target) ? undefined : "target";
    }
    if (left.kind !== "file") return undefined;
    if (left.size !== right.size) return "size";
    if (this.#options.checksum) return undefined;
    return Math.abs(left.mtime - right.mtime) <= this.#options.mtimeWindow ? undefined : "mtime";
  }

  /** Alike as far as a listing can tell; content has the last word where it was asked for. */
  #settle(otherwise: "same" | "normalisation", left: Entry, right: Entry): void {
    if (this.#options.checksum && left.kind === "file" && left.size > 0) {
      this.#candidates.push({ left, right, otherwise });
    } else this.#agree(otherwise, left, right);
  }

  #agree(as: "same" | "normalisation", left: Entry, right: Entry): void {
    if (as === "same") count(this.#totals.same, left);
    else this.#add({ kind: "normalisation", path: left.path, left, right });
  }

  #unknown(reason: string, left: Scanned | undefined, right: Scanned | undefined): void {
    const path = (left ?? right)?.path as Buffer;
    this.#add({
      kind: "unknown",
      reason,
      path,
      ...(left && left.kind !== "unreadable" ? { left } : {}),
      ...(right && right.kind !== "unreadable" ? { right } : {}),
    });
  }

  #add(difference: Difference): void {
    this.#differences.push(difference);
    const total = this.#totals[verdictOf[difference.kind]];
    const entry = difference.left ?? difference.right;
    if (entry) count(total, entry);
    else total.entries += 1;
  }

  #note(side: Side, entry: Scanned): void {
    if (entry.kind === "unreadable") this.#unreadable[side].add(entry);
    else count(this.#sides[side], entry);
  }

  #hiddenBy(entry: Scanned): Side | "both" | undefined {
    const { hides } = this.#options;
    if (!hides || entry.path.length === 0) return undefined;
    const path = entry.path.toString("latin1");
    const kind = entry.kind === "folder" || entry.kind === "unreadable" ? "folder" : "other";
    const left = hides.left?.(path, kind) ?? false;
    const right = hides.right?.(path, kind) ?? false;
    if (left) return right ? "both" : "left";
    return right ? "right" : undefined;
  }

  #hiddenReason(side: Side): string {
    return `hidden by the ignore file of ${this.#options.names[side]} alone`;
  }
}

const verdictOf = {
  "only-left": "onlyLeft",
  "only-right": "onlyRight",
  differs: "differ",
  normalisation: "normalisation",
  unknown: "unknown",
} as const;

function unreadableOf(entry: Scanned | undefined, side: Side): { side: Side; reason: string } | undefined {
  return entry?.kind === "unreadable" ? { side, reason: entry.reason } : undefined;
}

function zero(): Total {
  return { entries: 0, files: 0, bytes: 0 };
}

function count(total: Total, entry: Entry): void {
  total.entries += 1;
  if (entry.kind === "file") {
    total.files += 1;
    total.bytes += entry.size;
  }
}
