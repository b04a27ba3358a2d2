import { z } from "zod";
import { configAnswer, type folderAnswer } from "./config-answer.ts";

const word = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const amount = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);

/** `GET /rest/db/status`. 1.19.2 leaves `error` and `watchError` out when there is none [ran]. */
export const dbStatusAnswer = z.looseObject({
  state: word,
  error: word,
  watchError: word,
  errors: amount,
  pullErrors: amount,
  ...counters("local"),
  ...counters("global"),
  ...counters("need"),
  needDeletes: amount,
  needTotalItems: amount,
});

function counters<P extends string>(of: P) {
  const keys = [`${of}Files`, `${of}Directories`, `${of}Symlinks`, `${of}Bytes`] as const;
  return Object.fromEntries(keys.map((key) => [key, amount])) as Record<(typeof keys)[number], typeof amount>;
}

/** `GET /rest/db/completion`; `remoteState` came with 1.20. */
export const completionAnswer = z.looseObject({
  completion: z.number(),
  needBytes: amount,
  needItems: amount,
  needDeletes: amount,
  sequence: amount,
  remoteState: word,
});

/** `GET /rest/system/connections`. */
export const connectionsAnswer = z.looseObject({
  connections: z
    .record(z.string(), z.looseObject({ connected: z.boolean(), paused: z.boolean().nullish(), type: word }))
    .nullish()
    .transform((value) => value ?? {}),
});

/** `GET /rest/stats/device`. */
export const deviceStatsAnswer = z
  .record(z.string(), z.looseObject({ lastSeen: word }))
  .nullish()
  .transform((value) => value ?? {});

/** `GET /rest/system/version`. */
export const versionAnswer = z.looseObject({ version: word });

export const devicesAnswer = configAnswer.shape.devices;

/** All that an instance says about itself and one folder. */
export interface StatusAnswers {
  readonly self: string;
  readonly version: string;
  readonly devices: z.infer<typeof devicesAnswer>;
  /** undefined: it has no such folder. */
  readonly folder: z.infer<typeof folderAnswer> | undefined;
  readonly status: z.infer<typeof dbStatusAnswer> | undefined;
  readonly connections: z.infer<typeof connectionsAnswer>["connections"];
  readonly stats: z.infer<typeof deviceStatsAnswer>;
  /** By device ID; a paused folder has none. */
  readonly completions: Readonly<Record<string, z.infer<typeof completionAnswer> | undefined>>;
}
