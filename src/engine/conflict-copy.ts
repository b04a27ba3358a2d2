/** A file that lost against another edit of the same file, as Syncthing names it. */
export interface ConflictCopy {
  /** The name that both edits had. */
  readonly original: string;
  /** When it was set aside, by that device's own clock: `2026-11-24 18:05`. */
  readonly at: string;
  /** The first seven characters of the ID of the device whose edit it is. */
  readonly device: string;
}

/** What no name of a conflict copy lacks. */
export const conflictSign = ".sync-conflict-";

/**
 * Reads a name: `<base>.sync-conflict-YYYYMMDD-HHMMSS-<7 characters>.<ext>`
 * (docs.syncthing.net/users/syncing, "Conflicting Changes"). Undefined: it is none.
 */
export function conflictCopyOf(name: string): ConflictCopy | undefined {
  if (!pattern.test(name)) return undefined;
  const put = (parts: string): string => name.replace(pattern, parts);
  return { original: put("$1$8"), at: put("$2-$3-$4 $5:$6"), device: put("$7") };
}

/** The last sign counts: a copy can be in conflict again. */
const pattern = /^(.*)\.sync-conflict-(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})\d{2}-([A-Z2-7]{7})(\..*)?$/s;
