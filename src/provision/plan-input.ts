import type { PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import type { DesiredFile, DesiredFolder } from "./desired.ts";
import type { Inspection } from "./inspection.ts";
import type { Notice, Resource, Step } from "./step.ts";
import type { SwapPolicy } from "./swap-policy.ts";
import type { SizedNode } from "./swap-size.ts";
import type { SyncthingSteps } from "./syncthing-engine.ts";
import type { IndexWay } from "./tree-index.ts";

/** What a node is to have, before it is compared with what it has. */
export interface Desired {
  /** On the node's own system, in the order in which they are written. */
  readonly systemFolders: readonly DesiredFolder[];
  readonly systemFiles: readonly DesiredFile[];
  /** On the disk. */
  readonly diskFolders: readonly DesiredFolder[];
  readonly diskFiles: readonly DesiredFile[];
  readonly units: Units;
}

export interface Units {
  readonly mount: string;
  readonly swap: string;
  readonly noswap: string;
  readonly engine: string | undefined;
  /** Undefined without systemd: cron needs no telling. */
  readonly index: string | undefined;
}

export interface PlanInput {
  readonly node: SizedNode;
  readonly facts: Facts;
  readonly about: string;
  readonly disk: PresentDisk;
  readonly inspection: Inspection;
  readonly desired: Desired;
  readonly policy: SwapPolicy;
  /** What the node makes the index of its tree with. */
  readonly way: IndexWay | undefined;
  /** The inventory says `swap: false`, so ours goes. */
  readonly swapRefused: boolean;
  /** The change of the kernel's command line that was allowed. */
  readonly boot: readonly Step[];
  /** What was found out before the plan. */
  readonly notices: readonly Notice[];
  /** Undefined: all. */
  readonly only: readonly Resource[] | undefined;
  /** Bytes, of the node's kernel. */
  readonly pageSize: number;
  readonly syncthing: SyncthingSteps;
  /** The engine is installed, not running, and nothing speaks against starting it. */
  readonly startEngine: boolean;
  /** A second part has to follow; why. */
  readonly continues: string | undefined;
  /** Of btsync and Resilio. */
  readonly keyEngine?: {
    /** First of all. */
    readonly stop: readonly Step[];
    /** Undefined: nothing is uploaded. */
    readonly program: Step | undefined;
    readonly programPath: string;
    /** The plan itself brings what starts the engine. */
    readonly brings: boolean;
  };
}
