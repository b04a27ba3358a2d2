import { z } from "zod";

/** What btsync or Resilio leave behind on a node, and what they say where they can be asked. */
const seen = z.object({
  kind: z.literal("seen"),
  /** Path of the configuration. */
  config: z.string(),
  /** Is the node's tree one of the configuration's folders? null: its folders do not stand there. */
  folder: z.boolean().nullable(),
  /** The engine's mark in the tree, without which it takes the folder for lost. */
  identity: z.enum(["there", "missing", "unknown"]),
  /** Does its pid file name a process of it that runs? */
  pid: z.enum(["right", "other", "none", "unknown"]),
  log: z
    .object({
      path: z.string(),
      /** When it was last written to, in milliseconds since the epoch. */
      at: z.number().nullable(),
      /** A line of it that says, since its start, that the mark was not there. */
      lost: z.string().nullable(),
      /** Its last line since the start that names an error, but for the network's. */
      error: z.string().nullable(),
    })
    .nullable(),
  /** What its web interface says. */
  web: z.discriminatedUnion("kind", [
    /** It is not there to be asked; `why` ends a sentence that begins with "its web interface". */
    z.object({ kind: z.literal("off"), why: z.string() }),
    /** It was asked in vain. */
    z.object({ kind: z.literal("silent"), code: z.string(), why: z.string(), hint: z.string().nullable() }),
    z.object({
      kind: z.literal("told"),
      version: z.string().nullable(),
      state: z.enum([
        "synced",
        "receiving",
        "sending",
        "syncing",
        "indexing",
        "incomplete",
        "paused",
        "stopped",
        "alone",
        "error",
        "not-set-up",
        "unknown",
      ]),
      /** Why, where it is not synced and not at work. */
      why: z.string().nullable(),
      /** Still to come; null is not known, never nothing. */
      need: z.object({ files: z.number(), bytes: z.number().nullable() }).nullable(),
      peers: z.array(z.object({ name: z.string(), connected: z.boolean().nullable() })),
    }),
  ]),
});

export const tracesSchema = z.discriminatedUnion("kind", [
  seen,
  /** Why they are not known. */
  z.object({ kind: z.literal("unseen"), why: z.string(), hint: z.string().nullable() }),
]);

export type TracesMeasured = z.infer<typeof tracesSchema>;
export type TracesSeen = z.infer<typeof seen>;
export type WebMeasured = TracesSeen["web"];
export type WebToldMeasured = Extract<WebMeasured, { kind: "told" }>;
