import { readFileSync } from "node:fs";
import { shellFile, type Command } from "../core/shell.ts";

/** A text that is sent to a node. It lies beside this module, in the sources as in the built package. */
export function farEnd(name: string): string {
  return readFileSync(new URL(`far-end/${name}`, import.meta.url), "utf8");
}

export function farEndShell(name: string): Command {
  return shellFile(farEnd(name));
}
