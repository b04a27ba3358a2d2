import type { Answer } from "../core/answer.ts";
import type { Automounter } from "./automounters.ts";
import type { BlockDevice } from "./block-devices.ts";
import type { BootLine } from "./boot-line.ts";
import type { Clock } from "./clock.ts";
import type { Space } from "./disk-space.ts";
import type { Find } from "./find.ts";
import type { Identity } from "./identity.ts";
import type { HeldBack } from "./held-back.ts";
import type { IndexSummary } from "./index-summary.ts";
import type { InitScript } from "./init-scripts.ts";
import type { Init } from "./init.ts";
import type { Load } from "./load.ts";
import type { Memory } from "./memory.ts";
import type { MountPoint } from "./mount-point.ts";
import type { Mount } from "./mounts.ts";
import type { Os } from "./os.ts";
import type { Privilege } from "./privilege.ts";
import type { Process } from "./processes.ts";
import type { Provisioned } from "./provisioned.ts";
import type { Python } from "./python.ts";
import type { RpiSwap } from "./rpi-swap.ts";
import type { SwapArea } from "./swaps.ts";
import type { Systemd } from "./systemd.ts";
import type { Throttled } from "./throttled.ts";
import type { Tool } from "./tools.ts";
import type { Unit } from "./units.ts";

/** What a node said about itself in one round trip. Each question has a file of its own beside this one. */
export interface Facts extends HealthFacts, WorkFacts {}

/** What status is made from. */
export interface HealthFacts {
  readonly os: Answer<Os>;
  readonly model: Answer<string>;
  readonly memory: Answer<Memory>;
  readonly swaps: Answer<readonly SwapArea[]>;
  readonly load: Answer<Load>;
  /** Seconds. */
  readonly uptime: Answer<number>;
  readonly mounts: Answer<readonly Mount[]>;
  readonly init: Answer<Init>;
  /** Absent: the node was booted with systemd. */
  readonly initScripts: Answer<readonly InitScript[]>;
  readonly heldBack: Answer<HeldBack>;
  readonly memoryController: Answer<boolean>;
  readonly bootLine: Answer<BootLine>;
  readonly processes: Answer<readonly Process[]>;
  readonly fstab: Answer<string>;
  /** Absent: pimesh has not set this node up. */
  readonly provisioned: Answer<Provisioned>;
  /** Degrees Celsius. */
  readonly temperature: Answer<number>;
  readonly throttled: Answer<Throttled>;
  readonly clock: Answer<Clock>;
  readonly units: Answer<readonly Unit[]>;
  readonly blockDevices: Answer<readonly BlockDevice[]>;
  readonly mountPoint: Answer<MountPoint>;
  /** Absent: nothing has counted the tree on the node yet. */
  readonly index: Answer<IndexSummary>;
  /** A list of rules a file. Absent: there is none, or no engine. */
  readonly ignoreFile: Answer<readonly (readonly string[])[]>;
  readonly diskSpace: Answer<readonly Space[]>;
}

/** What is asked besides where something on the node is to be changed. */
export interface WorkFacts {
  readonly kernel: Answer<string>;
  readonly architecture: Answer<string>;
  /** Bytes. */
  readonly pageSize: Answer<number>;
  readonly identity: Answer<Identity>;
  readonly privilege: Answer<Privilege>;
  /** Absent: the node was not booted with systemd. */
  readonly systemd: Answer<Systemd>;
  /** Absent: it is not installed. */
  readonly rpiSwap: Answer<RpiSwap>;
  readonly overlayRoot: Answer<boolean>;
  readonly tools: Answer<readonly Tool[]>;
  readonly find: Answer<Find>;
  readonly python: Answer<Python>;
  readonly automounters: Answer<readonly Automounter[]>;
}
