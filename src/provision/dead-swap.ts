import { valueOf } from "../core/answer.ts";
import { deadSwapAreas, swapAreasAtMost } from "../facts/dead-swap.ts";
import type { Facts } from "../facts/facts.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Notice } from "./step.ts";

/** Nothing that a plan could change, and no reason to stop. */
export function deadSwapNotices(node: Node, facts: Facts): Notice[] {
  const dead = deadSwapAreas(facts).length;
  if (dead === 0) return [];
  const all = valueOf(facts.swaps)?.length ?? dead;
  const areas =
    dead === 1 ? "a dead swap area of a pulled disk stays" : `${dead} dead swap areas of a pulled disk stay`;
  return [
    {
      message: `${areas} until the next reboot; ${all} of the at least ${swapAreasAtMost} areas that the kernel takes are used up`,
      hint: `ssh ${node.name} sudo reboot`,
    },
  ];
}
