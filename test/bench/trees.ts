import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keptFolders } from "../../src/ssh/kept-script.ts";
import { keptProgram } from "../../src/tree/reconcile-program.ts";
import { farPath, type FarNode } from "./far-end.ts";
import { differencesOf, planChanges, type DifferenceKind } from "./differences.ts";
import type { Place } from "./place.ts";
import { treeShape } from "./tree-shape.ts";
import { applyChanges, writeTree } from "./write-tree.ts";

/** The laptop's tree and a Pi's copy of it. */
export interface Trees {
  readonly files: number;
  readonly left: string;
  readonly right: string;
  /** The Pi: a folder as its root, with this machine's own tools. */
  readonly pi: FarNode;
  /** Changes the Pi's copy until it differs in so many places, never fewer than before; what there is to find. */
  differIn(count: number): Map<string, DifferenceKind>;
  /** The Pi keeps what provision leaves on it while `work` runs. */
  provisioned<T>(work: () => Promise<T>): Promise<T>;
  remove(): void;
}

export async function makeTrees(place: Place, files: number, seed: number): Promise<Trees> {
  const folder = join(place.folder, `tree-${files}`);
  const root = join(folder, "pi");
  const [left, right] = [join(folder, "laptop"), join(root, "media/btsync/btsync")];
  const undo = place.undo.later("rm", "-rf", folder);
  mkdirSync(join(root, "proc/self"), { recursive: true });
  writeFileSync(join(root, "proc/self/mounts"), "/dev/sda1 /media/btsync ext4 rw,nosuid,nodev 0 0\n");
  mkdirSync(join(root, "home"));
  const shaped = [...treeShape(files, seed)];
  await writeTree([left, right], shaped);
  let applied = 0;
  return {
    files,
    left,
    right,
    pi: {
      name: "pi",
      port: 2222,
      environment: { PIMESH_ROOT: root, HOME: join(root, "home"), PATH: farPath },
    },
    differIn: (count) => {
      const changes = planChanges(shaped, count, seed);
      applyChanges(right, changes.slice(applied));
      applied = changes.length;
      return differencesOf(changes);
    },
    async provisioned(work) {
      const kept = join(root, keptFolders[0]);
      mkdirSync(kept, { recursive: true });
      writeFileSync(join(kept, keptProgram.name), keptProgram.text);
      try {
        return await work();
      } finally {
        rmSync(kept, { recursive: true });
      }
    },
    remove: () => undo.now(),
  };
}
