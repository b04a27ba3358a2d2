import type { ConfigFolder } from "./config-answer.ts";
import { profileDiffering, profileValues, type Profile, type Values } from "./profile.ts";
import type { Wish } from "./wish.ts";

/** Days that what another home deleted or replaced stays in `.stversions`. */
const trashDays = 30;

const trashcan = {
  type: "trashcan",
  params: { cleanoutDays: String(trashDays) },
  cleanupIntervalS: 3600,
};

const mostConflicts = 10;
const freePercent = { value: 1, unit: "%" };

/** See `optionProfile`. `blockIndexing` came with 2.1. */
const folderProfile: Profile = {
  copiers: { small: 1, ordinary: 0 },
  hashers: { small: 1, ordinary: 0 },
  pullerMaxPendingKiB: { small: 16_384, ordinary: 0 },
  scanProgressIntervalS: { small: -1, ordinary: 0 },
  blockIndexing: { small: false, ordinary: true },
};

/**
 * What a new folder is told beside its name, path, marker and members. `known`: the settings that this version has.
 *
 * Modes are synchronised where the file system keeps them: a backup without them is none, and Kodi, which is another user, can
 * read what comes whatever the umask of Syncthing's unit is. Where it has none every file would fail.
 */
export function newFolderSettings(known: Values, wish: Wish): Values {
  const { fileSystem } = wish.folder;
  const wanted: Values = {
    type: "sendreceive",
    versioning: trashcan,
    maxConflicts: mostConflicts,
    minDiskFree: freePercent,
    fsWatcherEnabled: true,
    ignorePerms: withoutModes.has(fileSystem),
    ...(fileSystem === "ext4" ? { caseSensitiveFS: true } : {}),
    ...(wish.whose === "ours" ? profileValues(folderProfile, wish.memory) : {}),
  };
  // What holds a file back or brings it back is said in any case; a setting that it does not know it would not keep.
  return Object.fromEntries(Object.entries(wanted).filter(([key]) => key in known || basic.has(key)));
}

/** What has to change at a folder that is there already: only what protects files, and in an instance of ours its profile. */
export function folderSettings(folder: ConfigFolder, wish: Wish): Values {
  const current: Values = folder;
  return {
    ...(keepsTrash(folder.versioning) ? {} : { versioning: trashcanFrom(folder.versioning) }),
    ...(keepsConflicts(current["maxConflicts"]) ? {} : { maxConflicts: mostConflicts }),
    ...(keepsSpace(current["minDiskFree"]) ? {} : { minDiskFree: freePercent }),
    ...(wish.whose === "theirs"
      ? {}
      : {
          ...(current["fsWatcherEnabled"] === false ? { fsWatcherEnabled: true } : {}),
          ...(wish.folder.fileSystem === "ext4" && current["caseSensitiveFS"] === false
            ? { caseSensitiveFS: true }
            : {}),
          ...profileDiffering(current, folderProfile, wish.memory),
        }),
  };
}

const basic: ReadonlySet<string> = new Set(["type", "versioning", "maxConflicts", "minDiskFree"]);

/** The kernel makes their modes up, and refuses to change them. */
const withoutModes: ReadonlySet<string> = new Set([
  "vfat",
  "msdos",
  "exfat",
  "ntfs",
  "ntfs3",
  "fuseblk",
  "hfs",
]);

/** Where a person has put the trash it stays. */
function trashcanFrom(versioning: ConfigFolder["versioning"]): Values {
  const params = versioning.type === "trashcan" ? versioning.params : {};
  return { ...trashcan, ...versioning, type: trashcan.type, params: { ...params, ...trashcan.params } };
}

/** A person's own way of keeping versions stays, if it keeps them as long: 0 days is for ever. */
function keepsTrash({ type, params }: ConfigFolder["versioning"]): boolean {
  const number = (key: string, missing: number): number => {
    const value = Number(params?.[key] ?? missing);
    return Number.isFinite(value) ? value : -1;
  };
  if (type === "trashcan" || type === "simple") return longEnough(number("cleanoutDays", 0));
  // Its `maxAge` counts seconds; the default is a year.
  if (type === "staggered") return longEnough(number("maxAge", 31_536_000) / 86_400);
  // The user's own program.
  return type === "external";
}

function longEnough(days: number): boolean {
  return days === 0 || days >= trashDays;
}

/** -1 is without end; 0 would throw the losing copy away. */
function keepsConflicts(value: unknown): boolean {
  return typeof value === "number" && (value < 0 || value >= mostConflicts);
}

function keepsSpace(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { value: amount, unit } = value as { readonly value?: unknown; readonly unit?: unknown };
  if (typeof amount !== "number") return false;
  return unit === "%" ? amount >= freePercent.value : amount > 0;
}
