import { z } from "zod";
import { syncSchema } from "./sync-measurement.ts";
import { tracesSchema } from "./traces-measurement.ts";

/**
 * What a node said at one moment, as far as status needs it: the one shape that is judged, shown and kept. `null` is
 * "the node could not tell". Bytes are bytes, times are milliseconds since the epoch, spans are seconds.
 */
export const measurementSchema = z.object({
  at: z.number(),
  /** The address that answered, as the inventory writes it. */
  address: z.string(),
  os: z.string().nullable(),
  model: z.string().nullable(),
  /** What starts things there: `systemd`, `sysvinit` or another name. Snapshots of older versions lack it. */
  init: z.string().optional(),
  /** What pimesh itself left on the node; null on a node that it never provisioned. */
  provisioned: z.object({ version: z.number(), node: z.string(), mount: z.string() }).nullable(),
  /** Why that could not be read although it is there: never to be taken for a node without it. */
  provisionedError: z.string().nullable(),
  disk: z.object({
    state: z.enum([
      "ready",
      /** No disk with the label or the pinned UUID is plugged in. */
      "absent",
      /** Plugged in, mounted nowhere. */
      "unmounted",
      /** Mounted, but not at the mount point. */
      "elsewhere",
      /** Something is mounted at the mount point that is not the node's disk. */
      "wrong",
      /** More than one disk carries the label, and none is pinned. */
      "ambiguous",
      "read-only",
      "not-ext4",
      /** The node could not say. */
      "unknown",
    ]),
    mount: z.string(),
    label: z.string(),
    device: z.string().nullable(),
    uuid: z.string().nullable(),
    pinnedUuid: z.string().nullable(),
    /** Where it is mounted instead, for `elsewhere`; what it is formatted as, for `not-ext4`; a reason, for `unknown`. */
    detail: z.string().nullable(),
    /** Other devices that carry the label, or the same UUID. */
    rivals: z.array(z.string()),
    /** For `wrong`: what the disk with the label is; `identity`: its identity file is of another disk or node. Not in records of older versions, as all that is optional here. */
    stranger: z.enum(["another disk", "formatted", "cannot tell", "identity"]).optional(),
    /** For `unmounted`: what is mounted in its place. */
    taken: z.string().optional(),
    /** Of the disk, where it is not ext4. */
    fstype: z.string().optional(),
    /** Whether the identity file is on it, where the disk is in its place. */
    identity: z.enum(["right", "missing"]).optional(),
    /** Files and folders on the SD card at the mount point, as far as nothing is mounted there. */
    hidden: z.number().optional(),
    /** `/media/btsync1` and the like, where nothing is mounted. */
    twins: z.array(z.string()).optional(),
    bytes: z.number().nullable(),
    free: z.number().nullable(),
    inodes: z.number().nullable(),
    inodesFree: z.number().nullable(),
  }),
  card: z.object({
    bytes: z.number().nullable(),
    free: z.number().nullable(),
    inodes: z.number().nullable(),
    inodesFree: z.number().nullable(),
  }),
  memory: z.object({ bytes: z.number(), available: z.number() }).nullable(),
  swap: z
    .object({
      bytes: z.number(),
      used: z.number(),
      areas: z.array(
        z.object({
          path: z.string(),
          /** `gone`: on a disk that was pulled while in use. */
          on: z.enum(["disk", "card", "memory", "gone", "elsewhere"]),
          bytes: z.number(),
          used: z.number(),
        }),
      ),
      /** Whether the kernel can keep other programs off the disk's swap. */
      isolation: z.boolean().nullable(),
      /** Where it cannot: what a change of the kernel's command line has come to; see `bootChange`. */
      boot: z.enum(["waits", "ignored", "change", "blocked", "by-hand"]).optional(),
      /** What the node's own script has against the disk's swap, in its words. */
      held: z.string().optional(),
    })
    .nullable(),
  /** Over 1, 5 and 15 minutes. */
  load: z.tuple([z.number(), z.number(), z.number()]).nullable(),
  /** Degrees Celsius. */
  temperature: z.number().nullable(),
  power: z
    .object({
      underVoltage: z.boolean(),
      throttled: z.boolean().nullable(),
      underVoltageSeen: z.boolean().nullable(),
      throttledSeen: z.boolean().nullable(),
    })
    .nullable(),
  clock: z
    .object({
      /** Node minus laptop, in seconds. */
      offset: z.number(),
      synchronised: z.boolean().nullable(),
    })
    .nullable(),
  engine: z
    .object({
      kind: z.enum(["syncthing", "resilio", "btsync"]),
      running: z.boolean().nullable(),
      /** In memory, of all its processes together. */
      memory: z.number().nullable(),
      /**
       * The systemd unit that should run it, and how that is: `active`, `not-found`, `failed, oom-kill`. Without systemd the
       * path of its init script, and `not-found` or why pimesh has not started it.
       */
      unit: z.string().nullable(),
      unitState: z.string().nullable(),
    })
    .nullable(),
  player: z
    .object({
      kind: z.enum(["kodi", "xbmc"]),
      running: z.boolean().nullable(),
      memory: z.number().nullable(),
    })
    .nullable(),
  uptime: z.number().nullable(),
  /** null when the tree was not counted: its disk was not there, or the count failed. */
  counts: z
    .object({
      files: z.number(),
      bytes: z.number(),
      folders: z.number(),
      symlinks: z.number(),
      specials: z.number(),
      inFlight: z.number(),
      unreadable: z.number(),
      newest: z.number().nullable(),
      /** Conflict copies among the files, where an index has counted them. */
      conflicts: z.number().optional(),
    })
    .nullable(),
  /** When the counts were made, and by whom. Without it: now, by a walk through the tree. */
  counted: z.object({ at: z.number(), by: z.enum(["scan", "index"]) }).optional(),
  /** Why the node's own index could not be used, in words that follow "its index". */
  index: z.object({ state: z.enum(["missing", "stale", "foreign", "damaged"]), why: z.string() }).optional(),
  /** What Syncthing itself knows. Without it: nobody asked, since its disk is away, or it does not run, or is another engine. */
  sync: syncSchema.optional(),
  /** The same of btsync and Resilio, by what they leave behind. */
  traces: tracesSchema.optional(),
  /** Where the engine's ignore file is not what the inventory says: lines that it has beyond, and lines that it lacks. */
  ignore: z.object({ more: z.array(z.string()), missing: z.array(z.string()) }).optional(),
});

export type Measurement = z.infer<typeof measurementSchema>;
export type DiskState = Measurement["disk"]["state"];
export type MeasuredCounts = NonNullable<Measurement["counts"]>;

/** When the counts were made, in milliseconds since the epoch, and by whom. */
export function countedOf(measurement: Measurement): NonNullable<Measurement["counted"]> {
  return measurement.counted ?? { at: measurement.at, by: "scan" };
}

/** On these the right disk is mounted at its place: what lies below the mount point is the tree. */
export function holdsTree(state: DiskState): boolean {
  return state === "ready" || state === "read-only" || state === "not-ext4";
}
