import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { FileOptions } from "./pi-options.ts";

/** Writes one file, folder or link, with the folders above it. Synchronous: hundreds of tiny files go faster so. */
export function writeEntry(path: string, content: FileOptions): void {
  if (content === null) {
    mkdirSync(path, { recursive: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  if (typeof content === "string" || content instanceof Uint8Array) {
    writeFileSync(path, content);
  } else if ("link" in content) {
    symlinkSync(content.link, path);
  } else {
    writeFileSync(path, content.content, content.mode === undefined ? {} : { mode: content.mode });
    if (content.mtime !== undefined) utimesSync(path, content.mtime, content.mtime);
  }
}
