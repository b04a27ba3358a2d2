import type { Engine } from "../engine.ts";

/**
 * BitTorrent Sync 1.x, the classic one, up to 1.3. From 1.4 on it has a folder `.sync` as Resilio has: an upgraded folder
 * may hold both.
 */
export const btsync: Engine = {
  kind: "btsync",
  title: "BitTorrent Sync",
  package: undefined,
  unit: () => "btsync.service",
  initScripts: ["btsync", "btsync_initd"],
  processNames: ["btsync", "btsync-daemon"],
  // One instance for each file, in the unofficial packages.
  configFiles: ["/etc/btsync/*.conf"],
  artefacts: {
    rootNames: [".SyncID", ".SyncIgnore", ".SyncArchive", ".SyncTrash"],
    rootPrefixes: [],
    inFlightSuffixes: [".!sync", ".syncpart", ".synctemp"],
    inFlightPrefixes: [],
    leftSuffixes: [".syncold"],
  },
  archive: ".SyncArchive",
  ignoreFile: ".SyncIgnore",
  laterIgnoreFile: ".sync/IgnoreList",
  dialect: "btsync",
  comment: "#",
  foreignRules: ["/.stfolder", "/.stignore", "/.stversions", ".syncthing.*", "~syncthing~*"],
  // From a Pi 1 with 119,617 files while indexing (639 MiB virtual).
  memory: { base: 30 * 1024 ** 2, perFile: 5.6 * 1024 },
};
