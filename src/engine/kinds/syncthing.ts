import type { Engine } from "../engine.ts";

/** Syncthing as Debian packages it. Names and formats are those of 1.19.2 and of 2.x, unless said otherwise. */
export const syncthing: Engine = {
  kind: "syncthing",
  title: "Syncthing",
  package: { name: "syncthing", from: "the distribution" },
  unit: (user) => `syncthing@${user}.service`,
  initScripts: ["syncthing"],
  processNames: ["syncthing"],
  // Until 1.26 the first; since then the second, but the first is still used where it is there.
  configFiles: ["~/.config/syncthing/config.xml", "~/.local/state/syncthing/config.xml"],
  artefacts: {
    rootNames: [".stfolder", ".stignore", ".stversions"],
    // Left behind when a folder is taken out of its configuration.
    rootPrefixes: [".stfolder.removed-"],
    inFlightSuffixes: [],
    // Its temporary names: it takes nothing with such a name, not even folders (lib/fs, IsTemporary).
    inFlightPrefixes: [".syncthing.", "~syncthing~"],
    leftSuffixes: [],
  },
  archive: ".stversions",
  ignoreFile: ".stignore",
  dialect: "syncthing",
  comment: "//",
  foreignRules: [
    "/.sync",
    "/.SyncID",
    "/.SyncIgnore",
    "/.SyncArchive",
    "/.SyncTrash",
    "(?i)*.!sync",
    "*.rsls",
    "*.rslsz",
  ],
  // From its users' reports of a first scan.
  memory: { base: 60 * 1024 ** 2, perFile: 3.3 * 1024 },
};
