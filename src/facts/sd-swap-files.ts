import { valueOf } from "../core/answer.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Facts } from "./facts.ts";
import { mountOver } from "./mount-at.ts";
import type { SwapArea } from "./swaps.ts";

/**
 * Swap files in use that lie on the SD card: /var/swap, LibreELEC's in /storage, and one at the disk's mount point while
 * no disk is mounted there. What a pulled disk left behind is on no card.
 */
export function sdSwapFiles(
  facts: Pick<Facts, "swaps" | "mounts">,
  node: Pick<Node, "disk">,
): readonly SwapArea[] {
  return (valueOf(facts.swaps) ?? []).filter((area) => {
    if (area.type !== "file" || (area.gone && !area.deleted)) return false;
    const mount = mountOver(facts, area.path);
    if (mount === undefined || mount.target === node.disk.mount) return false;
    return mount.target === "/" || mount.device.startsWith("/dev/mmcblk");
  });
}
