import type { EngineKind } from "../inventory/inventory.ts";

/** All that differs between the sync engines, one file an engine in `kinds/`. */
export interface Engine {
  readonly kind: EngineKind;
  readonly title: string;
  /** The package that brings it; undefined: there is none, the user supplies the program. */
  readonly package:
    | { readonly name: string; readonly from: "the distribution" | "the engine's vendor" }
    | undefined;
  /** The systemd unit that runs it for a user, as its package names it. */
  readonly unit: (user: string) => string;
  /**
   * What its init script may be called, the likeliest first: as the unit, or as people and unofficial packages have named it.
   * Neither Debian nor the vendors ship one any more.
   */
  readonly initScripts: readonly string[];
  /** As in /proc/PID/comm, which the kernel cuts at 15 bytes (proc(5)). */
  readonly processNames: readonly string[];
  /** Where its configuration lies that is not of our making, the likeliest first; `~` is the home of its user, `*` any name. */
  readonly configFiles: readonly string[];
  /** What it leaves in a tree. */
  readonly artefacts: Artefacts;
  /** Where in the tree it keeps what was deleted or replaced by another home. */
  readonly archive: string;
  /** Its ignore file, relative to the synced folder. */
  readonly ignoreFile: string;
  /** Where later versions of it have their rules instead: a disk that has seen one has the folder above. */
  readonly laterIgnoreFile?: string;
  /** Whose grammar that file is in: see `ignore.ts` and `syncthing-ignore.ts`. */
  readonly dialect: Dialect;
  /** What starts a comment line in that file. */
  readonly comment: "//" | "#";
  /**
   * Rules for what other engines may have left on the disk: it would sync their identity files like any file, and each home's
   * must stay its own.
   */
  readonly foreignRules: readonly string[];
  /** Bytes that it holds before the first file, and for each file at its worst. */
  readonly memory: { readonly base: number; readonly perFile: number };
}

export type Dialect = "btsync" | "syncthing";

/** Names, or ends and beginnings of names. Those of files in flight and of leavings are compared in any ASCII case. */
export interface Artefacts {
  /** At the root of the tree alone: `sub/.stversions` is the user's own folder. */
  readonly rootNames: readonly string[];
  readonly rootPrefixes: readonly string[];
  /** Of files that are still arriving, at any depth. */
  readonly inFlightSuffixes: readonly string[];
  readonly inFlightPrefixes: readonly string[];
  /** Of backups and placeholders, at any depth. */
  readonly leftSuffixes: readonly string[];
}
