import {
  compareTrees,
  type CompareOptions,
  type Comparison,
  type Difference,
  type Total,
} from "./compare.ts";
import type { Counts, Entry, Scanned, Unreadable } from "./entry.ts";
import { byPath } from "./order.ts";
import type { Reconciled } from "./reconcile/run.ts";
import { scanOf } from "./scan.ts";

/**
 * The comparison of two whole trees, out of the records that one of them alone has: the rest is the same, and only counted.
 * Not for two sides that both hide something by rules of their own: what both hide does not count, and here nobody has seen it.
 */
export async function compareReconciled(result: Reconciled, options: CompareOptions): Promise<Comparison> {
  const { left: l, right: r } = result.summaries;
  const differing = await compareTrees(
    scanOf(inOrder(result.leftOnly, l.unreadable)),
    scanOf(inOrder(result.rightOnly, r.unreadable)),
    options,
  );
  const left = totalOf(l.counts);
  const right = totalOf(r.counts);
  const same = plus(differing.totals.same, minus(left, differing.left));
  return withContents({ ...differing, left, right, totals: { ...differing.totals, same } }, result, options);
}

/** What has the same name and size and not the same content is not the same after all. */
function withContents(
  comparison: Comparison,
  { contents }: Reconciled,
  { names }: CompareOptions,
): Comparison {
  if (contents.length === 0) return comparison;
  const found = contents.map(({ left, right, unread }): Difference => {
    const both = { path: left.path, left, right };
    if (!unread) return { ...both, kind: "differs", by: "content" };
    return {
      ...both,
      kind: "unknown",
      reason: `could not be read on ${names[unread.side]}: ${unread.reason}`,
    };
  });
  const totalOfKind = (kind: Difference["kind"]): Total =>
    found.reduce<Total>(
      (sum, one) => (one.kind === kind && one.left ? plus(sum, fileTotal(one.left)) : sum),
      none,
    );
  const [differ, unknown] = [totalOfKind("differs"), totalOfKind("unknown")];
  const { totals } = comparison;
  return {
    ...comparison,
    differences: [...comparison.differences, ...found].toSorted(byPath),
    totals: {
      ...totals,
      same: minus(minus(totals.same, differ), unknown),
      differ: plus(totals.differ, differ),
      unknown: plus(totals.unknown, unknown),
    },
  };
}

const none: Total = { entries: 0, files: 0, bytes: 0 };

function fileTotal({ size }: Entry): Total {
  return { entries: 1, files: 1, bytes: size };
}

function inOrder(entries: readonly Entry[], unreadable: readonly Unreadable[]): readonly Scanned[] {
  return unreadable.length === 0 ? entries : [...entries, ...unreadable].toSorted(byPath);
}

function totalOf({ files, bytes, folders, symlinks, specials }: Counts): Total {
  return { entries: files + folders + symlinks + specials, files, bytes };
}

function plus(one: Total, other: Total): Total {
  return {
    entries: one.entries + other.entries,
    files: one.files + other.files,
    bytes: one.bytes + other.bytes,
  };
}

function minus(one: Total, other: Total): Total {
  return plus(one, { entries: -other.entries, files: -other.files, bytes: -other.bytes });
}
