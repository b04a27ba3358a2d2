import { z } from "zod";

/** A number, also in quotes; undefined for whatever else stands there. */
const amount = z
  .unknown()
  .optional()
  .transform((value) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  });

/** true or false, also as 1 and 0. */
const flag = z
  .unknown()
  .optional()
  .transform((value) =>
    value === true || value === 1 ? true : value === false || value === 0 ? false : undefined,
  );

const text = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === "string" ? value : undefined));
const anything = z.unknown().optional();

const peer = z.object({
  name: text,
  /** 1.4. */
  is_connected: flag,
  /** 2.x on. */
  isonline: flag,
  /** Up to 1.4, in words and HTML. */
  status: text,
});

/** Of one folder, whichever version: every field may be missing, and none of them is a key. */
const folder = z.object({
  name: text,
  path: text,
  /** Up to 1.3: "353.9 MB in 256 files"; later bytes. */
  size: anything,
  files: amount,
  /** 1.4: words; 2.x on: a number, see `web-state.ts`. */
  status: anything,
  error: anything,
  errors: anything,
  paused: flag,
  stopped: flag,
  indexing: flag,
  rescanning: flag,
  loading: flag,
  remoteindexing: flag,
  synclevel: amount,
  queue_download_files: amount,
  queue_download_size: amount,
  onlinepeerscount: amount,
  peers: z.array(peer).catch([]),
});

const folders = z.object({ folders: z.array(folder) });

/** What `getsyncfolders` answers, bare or wrapped. Whatever is not named here is dropped, the keys first of all. */
export const foldersAnswer = z.union([folders, z.object({ value: folders }).transform(({ value }) => value)]);

export type WebFolder = z.infer<typeof folder>;
export type WebPeer = z.infer<typeof peer>;
