import { compareTrees, type CompareOptions, type Comparison, type Total } from "./compare.ts";
import type { Counts, Entry, Scanned, Unreadable } from "./entry.ts";
import { byPath } from "./order.ts";
import type { Result } from "./reconcile/driver.ts";
import { scanOf } from "./scan.ts";

/**
 * The comparison of two whole trees, out of the records that one of them alone has: the rest is the same, and only counted.
 * Not for two sides that both hide something by rules of their own: what both hide does not count, and here nobody has seen it.
 */
export async function compareReconciled(
  result: Result,
  options: Omit<CompareOptions, "checksum">,
): Promise<Comparison> {
  const { left: l, right: r } = result.summaries;
  const differing = await compareTrees(
    scanOf(inOrder(result.leftOnly, l.unreadable)),
    scanOf(inOrder(result.rightOnly, r.unreadable)),
    options,
  );
  const left = totalOf(l.counts);
  const right = totalOf(r.counts);
  const same = plus(differing.totals.same, minus(left, differing.left));
  return { ...differing, left, right, totals: { ...differing.totals, same } };
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
