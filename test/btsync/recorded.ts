import { readFileSync } from "node:fs";

/**
 * What `getsyncfolders` has answered: of 1.1 and 1.4 as recorded and published by others (kevinjqiu/btsync.py, icy/btsync), with other
 * names and synthetic keys; of 3.1 the fields that a third party has measured. No such program was run here.
 */
export type Recorded = "1.1-synced" | "1.4-nobody-connected" | "3.1-fields";

export interface Answer {
  readonly folders: readonly Record<string, unknown>[];
}

export function recorded(name: Recorded): Answer {
  return JSON.parse(readFileSync(new URL(`answers/${name}.json`, import.meta.url), "utf8")) as Answer;
}

/** The first folder's fields and those of its first peer changed; a field that is undefined is not there. */
export function changed(
  name: Recorded,
  fields: Readonly<Record<string, unknown>>,
  peer?: Readonly<Record<string, unknown>>,
): unknown {
  const answer = recorded(name);
  const folder = { ...answer.folders[0], ...fields };
  const peers = folder["peers"];
  const [first, ...rest] = Array.isArray(peers) ? (peers as object[]) : [];
  return JSON.parse(
    JSON.stringify({
      ...answer,
      folders: [peer === undefined ? folder : { ...folder, peers: [{ ...first, ...peer }, ...rest] }],
    }),
  );
}
