/** What one instance is to be, as the inventory and the other instances have it. */
export interface Wish {
  /** See `Instance.whose`. In the user's own instance only our folder, our devices and the rates are ours to change. */
  readonly whose: "ours" | "theirs";
  /** What the instance is called at the others: the node's name. */
  readonly name: string;
  readonly folder: FolderWish;
  /** Every other device of the family: nodes, laptop, peers of the inventory. The instance itself may stand among them. */
  readonly devices: readonly DeviceWish[];
  /**
   * Names of the inventory whose device ID is not known now, such as a node that does not answer: what was paired under them stays.
   */
  readonly unheard: readonly string[];
  /**
   * IDs that this laptop has named at some time. Only these are ever put out of a node again: another of the family's laptops may have
   * paired the rest there.
   */
  readonly known: readonly string[];
  readonly memory: Memory;
  /** Bytes a second; 0: without a limit; undefined: as it is. */
  readonly rates: { readonly up: number | undefined; readonly down: number | undefined };
}

export type Memory = "small" | "ordinary";

export interface FolderWish {
  /** The same at every home. */
  readonly id: string;
  readonly label: string;
  /** Absolute. */
  readonly path: string;
  /** Relative to the folder, below `.stfolder`: `.stfolder/pimesh-<uuid>`. */
  readonly marker: string;
  /** Type of the file system that it lies on, as in /proc/mounts. */
  readonly fileSystem: string;
}

export interface DeviceWish {
  readonly id: string;
  readonly name: string;
  /** As Syncthing writes them: `tcp://mom.example.org:22000`, `dynamic`. None: `dynamic`. */
  readonly addresses: readonly string[];
}
