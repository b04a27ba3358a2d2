import { valueOf } from "../core/answer.ts";
import type { Facts } from "../facts/facts.ts";
import { mountAt } from "../facts/mount-at.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Notice } from "./step.ts";

/** `/media/btsync1`: what an automounter once made beside the mount point. Whatever was written to it is on the SD card. */
export function twinNotices(node: Node, facts: Facts): Notice[] {
  return (valueOf(facts.mountPoint)?.twins ?? [])
    .filter((twin) => mountAt(facts, twin) === undefined)
    .map((twin) => ({
      message: `${twin} is there, left by an automounter that found ${node.disk.mount} taken: what lies in it is on the SD card, not on the disk`,
      hint: `look, and if it is empty: ssh ${node.name} sudo rmdir ${twin}`,
    }));
}
