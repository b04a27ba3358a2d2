import { readFileSync } from "node:fs";
import { shellFile, type Command } from "../core/shell.ts";

/**
 * A text that is sent to a node: one file, or parts that are one program when they stand one behind the other. They lie
 * beside this module, in the sources as in the built package.
 */
export function farEnd(...parts: readonly string[]): string {
  return parts.map((part) => readFileSync(new URL(`far-end/${part}`, import.meta.url), "utf8")).join("\n");
}

/**
 * Without comments, blank lines and indents, which are half of what would be sent. Our files keep to what makes that safe:
 * no string that goes on over lines has a line that begins with a `#`, or an indent that means something.
 */
export function farEndShell(name: string): Command {
  return shellFile(
    farEnd(name)
      .replaceAll(/^[ \t]*(?:#.*)?\n/gm, "")
      .replaceAll(/^[ \t]+/gm, ""),
  );
}
