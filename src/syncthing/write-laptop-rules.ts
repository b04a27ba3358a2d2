import { readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { PimeshError } from "../core/error.ts";
import { writeWhole } from "../state/keep-file.ts";

/** Writes the ignore file of the laptop's tree, where it is still what was shown. Errors: E-CHANGED-MEANWHILE, E-APPLY-FAILED. */
export async function writeLaptopRules(
  tree: string,
  {
    path,
    before,
    text,
    mode,
  }: {
    readonly path: string;
    /** undefined: there was none. */
    readonly before: string | undefined;
    readonly text: string;
    readonly mode: number;
  },
): Promise<void> {
  const now = await readFile(path, "utf8").catch(() => undefined);
  if (now !== before) {
    throw new PimeshError("E-CHANGED-MEANWHILE", `${path} was changed after it was shown`, {
      node: "laptop",
      hint: "run the command again",
    });
  }
  // Syncthing never takes a file of such a name for one of the user's. One may be left of a run that was killed
  const temporary = join(tree, ".syncthing.pimesh-rules.tmp");
  await unlink(temporary).catch(() => undefined);
  try {
    await writeWhole(path, text, { temporary, mode });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PimeshError("E-APPLY-FAILED", `${path} could not be written: ${reason}`, {
      node: "laptop",
      hint: `ls -la ${tree}`,
      cause: error,
    });
  }
}
