import { lstat, open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { PimeshError } from "../core/error.ts";
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

/** Whole or not at all. Errors: E-CHANGED-MEANWHILE, E-APPLY-FAILED. */
export async function writeLaptopRules(
  tree: string,
  { path, before, text, mode }: LaptopRules,
): Promise<void> {
  // Syncthing never takes a file of such a name for one of the user's
  const temporary = join(tree, ".syncthing.pimesh-rules.tmp");
  try {
    const now = await readFile(path, "utf8").catch(() => undefined);
    if (now !== before) {
      throw new PimeshError("E-CHANGED-MEANWHILE", `${path} was changed after it was shown`, {
        node: "laptop",
        hint: "run the command again",
      });
    }
    const file = await open(temporary, "w", mode);
    try {
      await file.writeFile(text);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    if (error instanceof PimeshError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PimeshError("E-APPLY-FAILED", `${path} could not be written: ${reason}`, {
      node: "laptop",
      hint: `ls -la ${tree}`,
      cause: error,
    });
  }
}
