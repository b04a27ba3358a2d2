import { valueOf } from "../core/answer.ts";
import type { Facts } from "./facts.ts";
import type { SwapArea } from "./swaps.ts";

/**
 * Swap areas of disks that were pulled while in use: from Linux 6.12 on nothing but a reboot takes them away. (A swap file
 * that was deleted while in use is alive.)
 */
export function deadSwapAreas(facts: Pick<Facts, "swaps">): readonly SwapArea[] {
  return (valueOf(facts.swaps) ?? []).filter(({ gone, deleted }) => gone && !deleted);
}

/**
 * How many swap areas a kernel takes at the least, dead ones included: 32 kinds of swap entries, less those that it needs
 * for itself. include/linux/swap.h of 6.12, MAX_SWAPFILES: migration 3, poisoned memory 1, device memory 4, markers 1; a
 * Pi's own kernels have no device memory and take four more.
 */
export const swapAreasAtMost = 23;
