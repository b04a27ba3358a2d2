import type { PresentDisk } from "./disk-of.ts";
import type { Provisioned } from "./provisioned.ts";

/**
 * What a disk with the label and another UUID than the pinned one is. A partition keeps its own UUID when somebody formats
 * it; a file system on the whole disk has none, and then it cannot be told.
 */
export type WrongDisk = "another disk" | "formatted" | "cannot tell";

export function wrongDisk(
  disk: Pick<PresentDisk, "partUuid">,
  pin: Pick<Provisioned, "partUuid"> | undefined,
): WrongDisk {
  if (disk.partUuid === undefined || pin?.partUuid === undefined) return "cannot tell";
  return sameUuid(disk.partUuid, pin.partUuid) ? "formatted" : "another disk";
}

/** For people, behind a colon. */
export function strangerText(wrong: WrongDisk): string {
  return {
    "another disk": "another disk with the same label",
    formatted: "the right disk with a new file system on it: somebody has formatted it",
    "cannot tell": "another disk with the same label, or the right one formatted anew",
  }[wrong];
}

/** Of FAT they are printed in capitals or not. */
export function sameUuid(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && right !== undefined && left.toLowerCase() === right.toLowerCase();
}
