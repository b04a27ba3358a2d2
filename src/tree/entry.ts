/** One thing in a tree. Paths are bytes, relative to the tree, without a leading `./`. */
export interface Entry {
  readonly path: Buffer;
  readonly kind: EntryKind;
  /** Bytes of a regular file; 0 for everything else. */
  readonly size: number;
  /** Modification time in floored seconds since the epoch. */
  readonly mtime: number;
  /** Where a symlink points; compared in place of size and time. */
  readonly target?: Buffer;
}

export type EntryKind = "file" | "folder" | "symlink" | "special";

/** A place that could not be read: its own answer, never "missing". An empty path is the tree itself. */
export interface Unreadable {
  readonly path: Buffer;
  readonly kind: "unreadable";
  readonly reason: string;
}

export type Scanned = Entry | Unreadable;

/** What a tree holds, engine artefacts, swap file and ignored entries left out. */
export interface Counts {
  readonly files: number;
  /** Bytes of the regular files. */
  readonly bytes: number;
  readonly folders: number;
  readonly symlinks: number;
  readonly specials: number;
  /** Files that an engine is still receiving; not in `files`. */
  readonly inFlight: number;
  /** Places that could not be read: above zero the other numbers are a lower bound. */
  readonly unreadable: number;
  /** Seconds since the epoch of the newest file, or undefined in an empty tree. */
  readonly newest: number | undefined;
}
