import { closeSync, ftruncateSync, futimesSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Change } from "./differences.ts";
import type { ShapedFile } from "./tree-shape.ts";

/** Writes the files into each of the folders: sparse, so that their sizes cost nothing. */
export async function writeTree(folders: readonly string[], files: readonly ShapedFile[]): Promise<void> {
  for (const folder of folders) {
    let inside = "";
    for (const [index, file] of files.entries()) {
      const parent = file.path.slice(0, file.path.lastIndexOf("/"));
      if (parent !== inside) mkdirSync(at(folder, parent), { recursive: true });
      inside = parent;
      writeSparse(folder, file);
      // Ctrl-C gets its turn
      if (index % 2000 === 0) await setImmediate();
    }
  }
}

export function applyChanges(folder: string, changes: readonly Change[]): void {
  for (const change of changes) {
    switch (change.kind) {
      case "removed":
        rmSync(at(folder, change.path));
        break;
      case "renamed":
        renameSync(at(folder, change.path), at(folder, change.to));
        break;
      case "added":
      case "resized":
      case "touched":
        writeSparse(folder, change.file);
        break;
    }
  }
}

function writeSparse(folder: string, { path, size, mtime }: ShapedFile): void {
  const file = openSync(at(folder, path), "w");
  ftruncateSync(file, size);
  futimesSync(file, mtime, mtime);
  closeSync(file);
}

function at(folder: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);
}
