import { z } from "zod";

/** What btsync or Resilio, which say nothing by themselves, leave behind on a node. */
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
});

export const tracesSchema = z.discriminatedUnion("kind", [
  seen,
  /** Why they are not known. */
  z.object({ kind: z.literal("unseen"), why: z.string(), hint: z.string().nullable() }),
]);

export type TracesMeasured = z.infer<typeof tracesSchema>;
export type TracesSeen = z.infer<typeof seen>;
