import type { EngineKind } from "../inventory/inventory.ts";

/** What differs between the sync engines and is needed outside of them. */
export interface Engine {
  readonly kind: EngineKind;
  readonly title: string;
  /** The systemd unit that runs it for a user, as the distribution's package names it. */
  readonly unit: (user: string) => string;
  /**
   * What its init script may be called, the likeliest first: as the unit, or as people and unofficial packages have named it.
   * Neither Debian nor the vendors ship one any more.
   */
  readonly initScripts: readonly string[];
  /** As in /proc/PID/comm, which the kernel cuts at 15 bytes (proc(5)). */
  readonly processNames: readonly string[];
  /** Its ignore file, relative to the synced folder. */
  readonly ignoreFile: string;
  /** What starts a comment line in that file. */
  readonly comment: "//" | "#";
}

export const engines: Readonly<Record<EngineKind, Engine>> = {
  syncthing: {
    kind: "syncthing",
    title: "Syncthing",
    unit: (user) => `syncthing@${user}.service`,
    initScripts: ["syncthing"],
    processNames: ["syncthing"],
    ignoreFile: ".stignore",
    comment: "//",
  },
  resilio: {
    kind: "resilio",
    title: "Resilio Sync",
    unit: () => "resilio-sync.service",
    initScripts: ["resilio-sync", "rslsync"],
    processNames: ["rslsync"],
    ignoreFile: ".sync/IgnoreList",
    comment: "#",
  },
  btsync: {
    kind: "btsync",
    title: "BitTorrent Sync",
    unit: () => "btsync.service",
    initScripts: ["btsync", "btsync_initd"],
    processNames: ["btsync", "btsync-daemon"],
    ignoreFile: ".SyncIgnore",
    comment: "#",
  },
};
