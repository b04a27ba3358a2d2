import type { Engine } from "../engine.ts";

/** Resilio Sync 2.x and 3.x as its vendor packages it for Debian. */
export const resilio: Engine = {
  kind: "resilio",
  title: "Resilio Sync",
  package: { name: "resilio-sync", from: "the engine's vendor" },
  unit: () => "resilio-sync.service",
  initScripts: ["resilio-sync", "rslsync"],
  processNames: ["rslsync"],
  configFiles: ["/etc/resilio-sync/config.json"],
  artefacts: {
    rootNames: [".sync"],
    rootPrefixes: [],
    inFlightSuffixes: [".!sync"],
    inFlightPrefixes: [],
    leftSuffixes: [".bts", ".rsls", ".rslsz"],
  },
  archive: ".sync/Archive",
  ignoreFile: ".sync/IgnoreList",
  dialect: "btsync",
  comment: "#",
  foreignRules: ["/.stfolder", "/.stignore", "/.stversions", ".syncthing.*", "~syncthing~*"],
  // From its vendor: 4 KB a file with permissions.
  memory: { base: 50 * 1024 ** 2, perFile: 4 * 1024 },
};
