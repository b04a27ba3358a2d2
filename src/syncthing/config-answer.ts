import { z } from "zod";

/**
 * `GET /rest/config`, read leniently: versions differ in what they send, and Go writes `null` for an empty list. What stands
 * in it beyond our own fields is kept, so that whatever is sent back is whole.
 *
 * It holds secrets (the API key, a hash of the password, passwords of encrypted folders): never print it.
 */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

const device = z.looseObject({
  deviceID: z.string(),
  name: text,
  addresses: list(z.string()),
  introducer: flag,
  autoAcceptFolders: flag,
  paused: flag,
});

export const folderAnswer = z.looseObject({
  id: z.string(),
  label: text,
  path: text,
  type: text,
  paused: flag,
  // Left out only by versions that knew no other
  markerName: z
    .string()
    .nullish()
    .transform((value) => value || ".stfolder"),
  devices: list(z.looseObject({ deviceID: z.string() })),
  versioning: z
    .looseObject({ type: text, params: z.record(z.string(), z.string()).nullish() })
    .nullish()
    .transform((value) => value ?? { type: "", params: {} }),
});

export const configAnswer = z.looseObject({
  devices: list(device),
  folders: list(folderAnswer),
  options: z.record(z.string(), z.unknown()),
  gui: z.looseObject({ address: text }),
  defaults: z
    .looseObject({
      device: z.record(z.string(), z.unknown()).nullish(),
      folder: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
});

export type Config = z.infer<typeof configAnswer>;
export type ConfigDevice = z.infer<typeof device>;
export type ConfigFolder = z.infer<typeof folderAnswer>;

/** `GET /rest/cluster/pending/devices` (1.13 and later): who asked to be let in. */
export const pendingDevicesAnswer = z
  .record(z.string(), z.looseObject({ name: text, address: text, time: text }))
  .nullish()
  .transform((value) => value ?? {});

/** `GET /rest/cluster/pending/folders` (1.13 and later): what was offered by devices that are known. */
export const pendingFoldersAnswer = z
  .record(
    z.string(),
    z.looseObject({
      offeredBy: z
        .record(z.string(), z.looseObject({ label: text }))
        .nullish()
        .transform((value) => value ?? {}),
    }),
  )
  .nullish()
  .transform((value) => value ?? {});

export interface Pending {
  readonly devices: z.infer<typeof pendingDevicesAnswer>;
  readonly folders: z.infer<typeof pendingFoldersAnswer>;
}

/** `GET /rest/system/status`. */
export const systemStatusAnswer = z.looseObject({ myID: z.string().min(1), tilde: text });
