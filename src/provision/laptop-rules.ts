import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { engines } from "../engine/engines.ts";
import { ignoreLines } from "../engine/ignore-file.ts";
import { withManagedBlock } from "./managed-block.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** The ignore file of the laptop's own Syncthing, as it is to be. */
export interface LaptopRules {
  readonly path: string;
  /** undefined: there is none. */
  readonly before: string | undefined;
  readonly text: string;
  /** Of the file's permissions. */
  readonly mode: number;
  readonly diff: string;
}

/**
 * What is to change in the ignore file of the laptop's tree: our block in it, as on the nodes; the user's own lines stay. Undefined: it is as it
 * should be. A text: why it is left alone, for people. Does I/O. Errors: what the system says.
 */
export async function planLaptopRules(
  tree: string,
  patterns: readonly string[],
): Promise<LaptopRules | string | undefined> {
  const { kind, ignoreFile, comment } = engines.syncthing;
  const path = join(tree, ignoreFile);
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) return `${path} is no plain file: its rules are left alone`;
  const bytes = there === undefined ? undefined : await readFile(path);
  const before = bytes?.toString("utf8");
  if (bytes !== undefined && !Buffer.from(before ?? "", "utf8").equals(bytes)) {
    return `${path} is no UTF-8 text: its rules are left alone`;
  }
  const text = withManagedBlock(before ?? "", ignoreLines(kind, patterns), comment);
  if (text === before) return undefined;
  const diff = unifiedDiff(before ?? "", text);
  return { path, before, text, mode: (there?.mode ?? 0o644) & 0o777, diff };
}
