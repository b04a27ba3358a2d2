import { z } from "zod";

const counts = z.object({
  files: z.number(),
  folders: z.number(),
  symlinks: z.number(),
  bytes: z.number(),
});

/** What a node's Syncthing said about the family's folder, beside what its disk says. Bytes are of files alone. */
const told = z.object({
  kind: z.literal("told"),
  version: z.string(),
  state: z.enum([
    "idle",
    "scanning",
    "syncing",
    "cleaning",
    "starting",
    "error",
    "paused",
    "not-set-up",
    "unknown",
  ]),
  /** Why the folder is in error, in Syncthing's words. */
  error: z.string().nullable(),
  /** Changes are only found by the hourly scan. */
  watchError: z.string().nullable(),
  /** Still to come and to go; null is not known, never nothing. */
  need: counts.extend({ deletes: z.number() }).nullable(),
  /** What its database says is here. */
  local: counts.nullable(),
  /** Items that it tried to get and could not. */
  failed: z.number(),
  peers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      reach: z.enum(["direct", "relay", "none"]),
      paused: z.boolean(),
      /** By the node's clock, in milliseconds since the epoch; null: never. */
      lastSeen: z.number().nullable(),
      /** Of what the node knows, as far as the peer has told; what it lacks. */
      percent: z.number().nullable(),
      items: z.number().nullable(),
      bytes: z.number().nullable(),
    }),
  ),
  inSync: z.boolean(),
  /** Why it is not in sync. */
  why: z.string().nullable(),
  /** Does the folder hang on the disk's own marker? null where the disk's UUID is not known. */
  bound: z.boolean().nullable(),
  /** What it takes for the folder, where that is not the node's tree. */
  elsewhere: z.string().nullable(),
});

export const syncSchema = z.discriminatedUnion("kind", [
  told,
  /** Something called Syncthing runs, but on the disk there is none that pimesh has set up. */
  z.object({ kind: z.literal("none") }),
  /** It could not be asked: `closed` without a password that nobody has given, else it failed. */
  z.object({
    kind: z.enum(["closed", "silent"]),
    code: z.string(),
    why: z.string(),
    hint: z.string().nullable(),
  }),
]);

export type Sync = z.infer<typeof syncSchema>;
export type SyncTold = z.infer<typeof told>;
