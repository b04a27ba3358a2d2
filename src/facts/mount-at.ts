import { valueOf } from "../core/answer.ts";
import type { Facts } from "./facts.ts";
import type { Mount } from "./mounts.ts";

/**
 * What is mounted at exactly this path: the last line decides. An `autofs` line is a place that waits for a mount, not a
 * mount. Undefined also when the mounts could not be told: ask `facts.mounts` first where that matters.
 */
export function mountAt(facts: Pick<Facts, "mounts">, target: string): Mount | undefined {
  return valueOf(facts.mounts)?.findLast((mount) => mount.target === target && mount.fstype !== "autofs");
}

/** What is mounted where this path lies: the longest mount point above it. */
export function mountOver(facts: Pick<Facts, "mounts">, path: string): Mount | undefined {
  let place = path;
  for (;;) {
    const mount = mountAt(facts, place);
    if (mount !== undefined || place === "/") return mount;
    place = place.slice(0, place.lastIndexOf("/")) || "/";
  }
}

/** Newer kernels show an ext4 file system that has given up as `emergency_ro` or `shutdown`, no longer as `ro`. */
export function isReadOnly(mount: Mount): boolean {
  return mount.options.some(
    (option) => option === "ro" || option === "emergency_ro" || option === "shutdown",
  );
}
