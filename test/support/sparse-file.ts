import { closeSync, ftruncateSync, openSync } from "node:fs";

/** A file that claims so many bytes and takes none. */
export function sparseFile(path: string, bytes: number): void {
  const file = openSync(path, "w");
  ftruncateSync(file, bytes);
  closeSync(file);
}
