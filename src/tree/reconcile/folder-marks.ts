import { hash } from "node:crypto";
import { letterOf } from "./record.ts";

/** What stands before the records of all that lies in a folder, as one character a byte. */
export type MarkOf = (path: Buffer, nameStart: number) => string;

/**
 * Gives the mark of the folder that a path's last name, from `nameStart` on, lies in: the first 16 bytes of that folder's own
 * fingerprint, which has the mark of the folder above in it, and so on up to the key. A folder that was asked for last, or one
 * above it, costs no hash: in the order of paths each is hashed once.
 */
export function folderMarks(key: Buffer): MarkOf {
  const root = key.toString("latin1");
  /** Folders on the way to the last one: where the path of each ends, its `/` included. */
  const known: { readonly end: number; readonly mark: string }[] = [];
  let last = Buffer.alloc(0);
  return (path, nameStart) => {
    const inner = known.at(-1);
    if ((inner?.end ?? 0) === nameStart && last.compare(path, 0, nameStart, 0, nameStart) === 0) {
      return inner?.mark ?? root;
    }
    while (known.length > 0) {
      const { end } = known.at(-1) as { end: number };
      if (end <= nameStart && last.compare(path, 0, end, 0, end) === 0) break;
      known.pop();
    }
    for (let start = known.at(-1)?.end ?? 0; start < nameStart; start = known.at(-1)?.end as number) {
      const slash = path.indexOf(0x2f, start);
      const above = known.at(-1)?.mark ?? root;
      const record = Buffer.concat([Buffer.from(above, "latin1"), letter, path.subarray(start, slash)]);
      known.push({ end: slash + 1, mark: hash("sha256", record, "binary").slice(0, markBytes) });
    }
    last = Buffer.from(path.subarray(0, nameStart));
    return known.at(-1)?.mark ?? root;
  };
}

export const markBytes = 16;
const letter = Buffer.of(letterOf.folder);
