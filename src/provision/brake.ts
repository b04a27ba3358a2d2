import { valueOf } from "../core/answer.ts";
import { treePath } from "../inventory/inventory.ts";
import { countNode } from "../tree/count-node.ts";
import { rulesHash } from "../tree/far-end-rules.ts";
import { nodeFilter, nodeTree } from "../tree/node-tree.ts";
import { indexedBefore } from "./indexed-before.ts";
import { guardMassChange, type Memory } from "./mass-change.ts";
import type { Looked } from "./prepare-options.ts";

/** The mass-change brake, where there is an earlier count to compare with; the disk has to be mounted. */
export async function brake({
  connection,
  node,
  inventory,
  facts,
  disk,
  known,
  options,
}: Looked): Promise<void> {
  if (options.acceptMassChange) return;
  const indexed = indexedBefore(valueOf(facts.index), {
    uuid: disk.uuid,
    tree: treePath(node),
    rules: rulesHash(nodeFilter(node, inventory.ignore)),
  });
  const memories: Memory[] = [
    ...(known.held === undefined ? [] : [{ ...known.held, by: "look" as const }]),
    ...(indexed === undefined ? [] : [indexed]),
  ];
  if (memories.length === 0) return;
  const now = await countNode(nodeTree(connection, node, { ignore: inventory.ignore }));
  for (const before of memories) guardMassChange(node.name, before, now);
}
