import { mkdir, open, readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PimeshError } from "../core/error.ts";

/** The same as `makeNodeMarker` for the laptop's tree; the same has to be looked at before. Does I/O. */
export async function makeLaptopMarker({
  tree,
  marker,
}: {
  readonly tree: string;
  readonly marker: string;
}): Promise<void> {
  const there = await stat(tree).catch(() => undefined);
  if (there?.isDirectory() !== true) {
    throw new PimeshError("E-TREE-ABSENT", `there is no folder ${tree}`, {
      node: "laptop",
      hint: "mount what belongs there, or mend laptop.tree of the inventory",
    });
  }
  try {
    for (const entry of await readdir(tree, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name.startsWith(".stfolder.removed-")) {
        await takeAway(join(tree, entry.name));
      }
    }
    const folder = dirname(join(tree, marker));
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (name.startsWith("pimesh-") && join(folder, name) !== join(tree, marker))
        await rm(join(folder, name));
    }
    const file = await open(join(tree, marker), "a", 0o644);
    await file.sync();
    await file.close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PimeshError("E-COMMAND-FAILED", `the marker ${tree}/${marker} could not be made: ${reason}`, {
      node: "laptop",
      cause: error,
      hint: `ls -la ${tree}`,
    });
  }
}

/** Only markers: a person's own file keeps the folder. */
async function takeAway(left: string): Promise<void> {
  for (const name of await readdir(left)) {
    if (/^(?:pimesh-|syncthing-folder-.*\.txt$)/.test(name)) await rm(join(left, name));
  }
  await rmdir(left).catch(() => undefined);
}
