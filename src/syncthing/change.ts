import type { Method } from "./rest-client.ts";

/** One call that brings an instance nearer to what is wished for. */
export interface Change {
  /** For people: what is done, and why. */
  readonly what: string;
  readonly why: string;
  readonly method: Method;
  readonly path: string;
  /** JSON. Never print it: what is kept of a folder may hold passwords. */
  readonly body?: unknown;
  /**
   * The folder's marker has to stand before this call, and whoever makes it has to have looked: the right disk, mounted, with the
   * files on it that the engine knows of. What Syncthing leaves of an earlier marker when a folder is taken out
   * (`.stfolder.removed-*` at the root) has to go: it would be synchronised as data [ran].
   */
  readonly needsMarker?: true;
}

/** Something that a person should know and that pimesh leaves alone. */
export interface Finding {
  readonly kind:
    | "stranger"
    | "stranger-in-our-folder"
    | "stranger-knocks"
    | "folder-offered"
    | "other-folder"
    /** Another folder has the tree already: ours is not set up. */
    | "same-place"
    /** Our folder is in error. */
    | "stopped"
    | "kept";
  readonly text: string;
}
