import { structuredPatch } from "diff";

/** The hunks of a unified diff between two texts, without file headers; "" when they are equal. */
export function unifiedDiff(before: string, after: string, context = 3): string {
  const { hunks } = structuredPatch("", "", before, after, "", "", { context });
  return hunks
    .flatMap((hunk) => [
      `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
      ...hunk.lines,
    ])
    .join("\n");
}

/** A count of one is left out, and an empty range names the line before it (diffutils manual, "Detailed Unified"). */
function range(start: number, lines: number): string {
  if (lines === 0) return `${start - 1},0`;
  return lines === 1 ? String(start) : `${start},${lines}`;
}
