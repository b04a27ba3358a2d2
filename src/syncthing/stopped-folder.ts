import type { Change, Finding } from "./change.ts";
import type { Wish } from "./wish.ts";

/**
 * A marker that is gone is made anew: `needsMarker` has the disk looked at first, with the files on it that
 * Syncthing knows of. `why`: in Syncthing's words. The call makes it look again; the whole tree it scans right afterwards. Anything else is told.
 */
export function stoppedFolder(
  why: string,
  { folder }: Wish,
): { readonly changes: readonly Change[]; readonly findings: readonly Finding[] } {
  if (!/marker missing/i.test(why)) {
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
        path: `/rest/db/scan?folder=${encodeURIComponent(folder.id)}&sub=.stfolder&next=1`,
        needsMarker: true,
        what: `make the marker ${folder.marker} of ${folder.label} anew`,
        why: "it is gone, and Syncthing has stopped the folder; the disk is the right one, and holds the files that Syncthing knows of",
      },
    ],
    findings: [],
  };
}
