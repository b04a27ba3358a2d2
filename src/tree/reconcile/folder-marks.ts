import { hash } from "node:crypto";

/** What stands before the records of all that lies in a folder, as one character a byte. */
export type MarkOf = (path: Buffer, nameStart: number) => string;

/**
 * Gives the mark of the folder that a path's last name, from `nameStart` on, lies in: the first 16 bytes of SHA-256 over the key
 * and the folder's path with a `/` at the end. The folder that was asked for last costs no hash.
 */
export function folderMarks(key: Buffer): MarkOf {
  let last: Buffer | undefined;
  let mark = "";
  return (path, nameStart) => {
    if (last?.length !== nameStart || last.compare(path, 0, nameStart) !== 0) {
      last = Buffer.from(path.subarray(0, nameStart));
      mark = hash("sha256", Buffer.concat([key, last]), "binary").slice(0, markBytes);
    }
    return mark;
  };
}

export const markBytes = 16;
