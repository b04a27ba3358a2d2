import { z } from "zod";

const time = z.iso.datetime();
const number = z.number().nullable();
const problems = z.array(z.strictObject({ code: z.string(), message: z.string(), try: z.string() }));
const flags = z.strictObject({
  underVoltage: z.boolean(),
  throttled: z.boolean().nullable(),
  underVoltageSeen: z.boolean().nullable(),
  throttledSeen: z.boolean().nullable(),
});
const program = z.strictObject({ kind: z.string(), running: z.boolean().nullable(), memory: number });

const amounts = z.strictObject({
  files: z.number(),
  folders: z.number(),
  symlinks: z.number(),
  bytes: z.number(),
});

const sync = z
  .strictObject({
    asked: z.boolean(),
    why: z.string().nullable(),
    inSync: z.boolean().nullable(),
    version: z.string().nullable(),
    state: z.string().nullable(),
    error: z.string().nullable(),
    watchError: z.string().nullable(),
    need: amounts.extend({ deletes: z.number() }).nullable(),
    local: amounts.nullable(),
    failed: number,
    bound: z.boolean().nullable(),
    elsewhere: z.string().nullable(),
    peers: z
      .array(
        z.strictObject({
          id: z.string(),
          name: z.string(),
          reach: z.enum(["direct", "relay", "none"]),
          paused: z.boolean(),
          lastSeen: time.nullable(),
          percent: number,
          items: number,
          bytes: number,
        }),
      )
      .nullable(),
  })
  .nullable();

const ignore = z.strictObject({ more: z.array(z.string()), missing: z.array(z.string()) }).nullable();

/** Version 1 of the JSON of `status`, every field of it: programs of others read this. */
export const statusShape = z.strictObject({
  schemaVersion: z.literal(1),
  at: time,
  reference: z.strictObject({
    name: z.literal("laptop"),
    tree: z.string(),
    files: number,
    bytes: number,
    folders: number,
    symlinks: number,
    specials: number,
    unreadable: number,
    measuredAt: time.nullable(),
    sync,
    ignore,
    problems,
  }),
  nodes: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(["ok", "syncing", "behind", "degraded", "unreachable", "disk-absent", "unprovisioned"]),
      address: z.string().nullable(),
      files: number,
      bytes: number,
      filesPercent: number,
      bytesPercent: number,
      filesDifference: number,
      bytesDifference: number,
      folders: number,
      symlinks: number,
      specials: number,
      inFlight: number,
      unreadable: number,
      conflicts: number,
      newest: time.nullable(),
      measuredAt: time.nullable(),
      ageSeconds: number,
      countedAt: time.nullable(),
      countAgeSeconds: number,
      countSource: z.enum(["index", "scan"]).nullable(),
      lastCounted: z.strictObject({ at: time, files: z.number(), bytes: z.number() }).nullable(),
      os: z.string().nullable(),
      model: z.string().nullable(),
      provisioned: z.strictObject({ version: z.number(), node: z.string(), mount: z.string() }).nullable(),
      disk: z
        .strictObject({
          state: z.string(),
          mounted: z.boolean(),
          mount: z.string(),
          label: z.string(),
          device: z.string().nullable(),
          uuid: z.string().nullable(),
          pinnedUuid: z.string().nullable(),
          rivals: z.array(z.string()),
          stranger: z.string().optional(),
          taken: z.string().optional(),
          fstype: z.string().optional(),
          identity: z.string().optional(),
          hidden: z.number().optional(),
          twins: z.array(z.string()).optional(),
          bytes: number,
          free: number,
          inodes: number,
          inodesFree: number,
        })
        .nullable(),
      card: z.strictObject({ bytes: number, free: number, inodes: number, inodesFree: number }).nullable(),
      memory: z.strictObject({ bytes: z.number(), available: z.number(), used: z.number() }).nullable(),
      swap: z
        .strictObject({
          bytes: z.number(),
          used: z.number(),
          areas: z.array(
            z.strictObject({ path: z.string(), on: z.string(), bytes: z.number(), used: z.number() }),
          ),
          isolation: z.boolean().nullable(),
          boot: z.string().optional(),
          held: z.string().optional(),
        })
        .nullable(),
      load: z.tuple([z.number(), z.number(), z.number()]).nullable(),
      temperature: number,
      power: flags.nullable(),
      clock: z.strictObject({ offset: z.number(), synchronised: z.boolean().nullable() }).nullable(),
      engine: program.extend({ unit: z.string().nullable(), unitState: z.string().nullable() }).nullable(),
      traces: z
        .strictObject({
          seen: z.boolean(),
          why: z.string().nullable(),
          config: z.string().nullable(),
          folder: z.boolean().nullable(),
          identity: z.string().nullable(),
          pid: z.string().nullable(),
          log: z
            .strictObject({
              path: z.string(),
              at: time.nullable(),
              lost: z.string().nullable(),
              error: z.string().nullable(),
            })
            .nullable(),
          web: z
            .strictObject({
              asked: z.boolean(),
              inSync: z.boolean().nullable(),
              version: z.string().nullable(),
              state: z.string().nullable(),
              why: z.string().nullable(),
              need: z.strictObject({ files: z.number(), bytes: number }).nullable(),
              peers: z
                .array(z.strictObject({ name: z.string(), connected: z.boolean().nullable() }))
                .nullable(),
            })
            .nullable(),
        })
        .nullable(),
      sync,
      ignore,
      player: program.nullable(),
      uptime: number,
      problems,
    }),
  ),
});
