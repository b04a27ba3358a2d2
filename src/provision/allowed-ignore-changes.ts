import { treePath } from "../inventory/inventory.ts";
import { nodeTree } from "../tree/node-tree.ts";
import { scanNode } from "../tree/scan-node.ts";
import { brake } from "./brake.ts";
import { guardIgnoreChange, ignoreChanges, type IgnoreChange } from "./ignore-change.ts";
import type { Inspection } from "./inspection.ts";
import type { Looked } from "./prepare-options.ts";

interface Finding {
  readonly inspection: Inspection;
  /** `uid:gid` of the tree. */
  readonly owner: string;
  /** Why a second part has to follow; more may come. */
  readonly later: string[];
}

/** The new ignore files, once it is sure that they drop nothing; none when that can be told only after mounting. */
export async function allowedIgnoreChanges(
  looked: Looked,
  { inspection, owner, later }: Finding,
): Promise<readonly IgnoreChange[]> {
  const { connection, node, inventory, disk, options } = looked;
  const all = ignoreChanges(node, inventory, owner, inspection);
  const changed = all.filter((change) => change.changed);
  if (changed.length === 0 || options.acceptIgnoreChange) return all;
  const treeIsThere = inspection.files.get(treePath(node))?.kind === "folder";
  if (!treeIsThere && inspection.disk?.kind !== "unseen") return all;
  if (disk.mounted === undefined) {
    later.push("the ignore rules wait until the files that they would hide can be counted");
    return [];
  }
  await brake(looked);
  for (const change of changed) {
    await guardIgnoreChange(node, change, scanNode(nodeTree(connection, node, { ignore: [] })));
  }
  return all;
}
