import type { IndexSummary } from "../facts/index-summary.ts";
import { sameUuid } from "../facts/wrong-disk.ts";
import type { Memory } from "./mass-change.ts";

/**
 * What the index on the disk remembers of the tree, however old it is: a laptop that has never looked knows nothing else. Undefined where
 * it is of another disk, another folder, or counted by other rules.
 */
export function indexedBefore(
  summary: IndexSummary | undefined,
  wanted: { readonly uuid: string; readonly tree: string; readonly rules: string },
): Memory | undefined {
  if (summary === undefined || summary.schemaVersion === 1) return undefined;
  const { uuid, tree, rules, files, bytes } = summary;
  if (!sameUuid(uuid, wanted.uuid) || tree !== wanted.tree || rules !== wanted.rules) return undefined;
  return { files, bytes, by: "index" };
}
