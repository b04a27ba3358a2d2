import { valueOf } from "../core/answer.ts";
import type { Space } from "./disk-space.ts";
import type { Facts } from "./facts.ts";

/** Room on the file system mounted at exactly this path: never that of the SD card below an absent disk. */
export function spaceAt(facts: Pick<Facts, "diskSpace">, target: string): Space | undefined {
  return valueOf(facts.diskSpace)?.find((space) => space.target === target);
}
