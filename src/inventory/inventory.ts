/** The inventory as every command sees it: defaults merged, paths expanded, sizes in bytes. */
export interface Inventory {
  /** The file it was read from. */
  readonly path: string;
  readonly laptop: Laptop;
  /** In the order of the file. */
  readonly nodes: readonly Node[];
  /** Patterns in the engines' common grammar; see `engine/ignore.ts`. */
  readonly ignore: readonly string[];
  /** Other devices of the family by name: Syncthing device IDs. */
  readonly peers: Readonly<Record<string, string>>;
}

export interface Laptop {
  /** Absolute path of the synced folder. */
  readonly tree: string;
  /** Laptop partitions that stand as `<tree>/<name>` on every node: name → absolute path. */
  readonly folders: Readonly<Record<string, string>>;
  /** Is the laptop itself a member of the mesh? Without an answer it is one where a Syncthing of its own is found running. */
  readonly engine?: "syncthing" | false;
}

export interface Node {
  readonly name: string;
  /** Tried in order; the first that answers and proves the node's host key is used. */
  readonly addresses: readonly Address[];
  /** Login name; undefined leaves it to the user's ssh configuration. */
  readonly user: string | undefined;
  /** Name of the node to go through. */
  readonly jump: string | undefined;
  /** Absolute paths of private keys to offer first. */
  readonly identityFiles: readonly string[];
  /** Absolute path of a file (mode 0600) whose first line is the sudo password; otherwise it is asked for. */
  readonly sudoPasswordFile: string | undefined;
  readonly disk: { readonly label: string; readonly mount: string };
  /** The synced folder, relative to the disk's mount point. */
  readonly tree: string;
  /** Folders that provision makes in the tree. */
  readonly folders: readonly string[];
  readonly swap: Swap | false;
  readonly engine: EngineKind | false;
  readonly engineSettings: EngineSettings;
  readonly player: PlayerKind | false;
}

export interface Address {
  readonly host: string;
  /** undefined leaves it to the user's ssh configuration, else 22. */
  readonly port: number | undefined;
  /** As written in the inventory. */
  readonly text: string;
}

export interface Swap {
  /** `auto`: as large as the engine needs it for its tree, which is none where it fits into memory. */
  readonly bytes: number | "auto";
  /** `isolated`: on only when nobody but the engine and the player can swap to the disk; `shared`: for everybody. */
  readonly policy: "isolated" | "shared";
  /** Does the engine wait for the swap? `auto`: only where the memory model says that it cannot live without. */
  readonly require: boolean | "auto";
  /** Bytes of active swap that have to be exceeded before the engine starts, on nodes without systemd; undefined: 500,000 KiB. */
  readonly threshold?: number;
}

export interface EngineSettings {
  /** Bytes a second, to all other homes together; undefined: as fast as the line. */
  readonly upload: number | undefined;
  /** Bytes a second, from all other homes together; undefined: as fast as the line. */
  readonly download: number | undefined;
  /** Absolute path on the laptop of the program itself, where the user supplies it; never of Syncthing. */
  readonly binary: string | undefined;
  /** Absolute path on the laptop of a file (mode 0600) with the folder's key; never of Syncthing. See `engine/folder-key.ts`. */
  readonly keyFile: string | undefined;
}

export type EngineKind = "syncthing" | "resilio" | "btsync";
export type PlayerKind = "kodi" | "xbmc";

/** Absolute path of the synced folder on the node. */
export function treePath(node: Node): string {
  return `${node.disk.mount}/${node.tree}`;
}
