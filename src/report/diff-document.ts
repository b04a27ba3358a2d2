import type { Difference } from "../tree/compare.ts";
import type { Entry } from "../tree/entry.ts";
import type { DiffResult } from "./diff.ts";
import type { IndexAge } from "./index-age.ts";

/** `diff --json`, version 1, without its `differences`. Numbers of entries, but for the files and bytes of each side. */
export function diffHead({ names, comparison, indexes }: DiffResult): object {
  const { totals, left, right } = comparison;
  return {
    schemaVersion: 1,
    left: names.left,
    right: names.right,
    leftIndex: indexDocument(indexes.left),
    rightIndex: indexDocument(indexes.right),
    summary: {
      same: totals.same.entries,
      onlyLeft: totals.onlyLeft.entries,
      onlyRight: totals.onlyRight.entries,
      differ: totals.differ.entries,
      normalisation: totals.normalisation.entries,
      unknown: totals.unknown.entries,
      leftFiles: left.files,
      rightFiles: right.files,
      leftBytes: left.bytes,
      rightBytes: right.bytes,
      caseTwins: comparison.caseTwins,
    },
  };
}

/** Null: the tree itself was read. */
function indexDocument(index: IndexAge | undefined): object | null {
  return index === undefined ? null : { ageSeconds: Math.round(index.age), scanSeconds: index.seconds };
}

/** One difference. Keys are only ever added. */
export function differenceDocument(difference: Difference): object {
  const { kind, path, left, right } = difference;
  return {
    ...named("path", path),
    kind,
    ...(difference.kind === "differs" ? { by: difference.by } : {}),
    ...(difference.kind === "unknown" ? { reason: difference.reason } : {}),
    ...("caseTwin" in difference && difference.caseTwin ? named("caseTwin", difference.caseTwin) : {}),
    ...(left ? { left: sideDocument(left) } : {}),
    ...(right ? { right: sideDocument(right) } : {}),
    ...(right && !right.path.equals(path) ? named("rightPath", right.path) : {}),
  };
}

function sideDocument(entry: Entry): object {
  return {
    kind: entry.kind,
    size: entry.size,
    mtime: entry.mtime,
    ...(entry.target ? named("target", entry.target) : {}),
  };
}

/** A name as text, and as bytes beside it when the text cannot say it. */
export function named(key: string, bytes: Buffer): Record<string, string> {
  const text = bytes.toString("utf8");
  const isUtf8 = Buffer.from(text, "utf8").equals(bytes);
  return isUtf8 ? { [key]: text } : { [key]: text, [`${key}Base64`]: bytes.toString("base64") };
}
