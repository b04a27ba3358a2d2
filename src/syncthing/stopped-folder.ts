import type { Change, Finding } from "./change.ts";
import type { Wish } from "./wish.ts";

/** Why Syncthing has stopped the folder, in its words, and what it knows to lie there: the numbers of before. */
export interface Stopped {
  readonly why: string;
  readonly known: { readonly files: number; readonly bytes: number } | undefined;
}

/**
 * A marker that is gone is made anew where the instance is ours: `needsMarker` has the disk looked at first, with the files on it that
 * Syncthing knows of. The call makes Syncthing look again; the whole tree it scans by itself. Anything else is told.
 */
export function stoppedFolder(
  { why }: Stopped,
  { whose, folder }: Wish,
): { readonly changes: readonly Change[]; readonly findings: readonly Finding[] } {
  if (whose !== "ours" || !/marker missing/i.test(why)) {
    return {
      changes: [],
      findings: [{ kind: "stopped", text: `Syncthing has stopped ${folder.label}: ${why}` }],
    };
  }
  return {
    changes: [
      {
        method: "POST",
        // Without `sub` the answer would come when hundreds of thousands of files are read
        path: `/rest/db/scan?folder=${encodeURIComponent(folder.id)}&sub=.stfolder`,
        needsMarker: true,
        what: `make the marker ${folder.marker} of ${folder.label} anew`,
        why: "it is gone, and Syncthing has stopped the folder; the disk is the right one, and holds the files that Syncthing knows of",
      },
    ],
    findings: [],
  };
}
