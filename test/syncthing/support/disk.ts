import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { searchPath } from "../../support/requires.ts";

/** The disk of a home that is a process on this machine. */
export interface Disk {
  /** Where it is mounted; a bare folder while it is pulled. */
  readonly mount: string;
  /** Whoever works on it must have ended. */
  pull(): void;
  plug(): void;
  /** Leaves nothing mounted. */
  remove(): void;
}

/**
 * An ext4 of its own in a file, mounted by a loop device: another file system than what lies under its mount point. Where that cannot
 * be had (no root, a container without loop devices) a folder that is moved away stands in for it, and stderr says so.
 */
export function makeDisk(mount: string): Disk {
  mkdirSync(mount, { recursive: true });
  const file = `${mount}.img`;
  writeFileSync(file, "");
  truncateSync(file, bytes);
  const why =
    run("mkfs.ext4", "-q", "-F", "-L", "btsync", "-E", "root_owner", file) ??
    run("mount", "-o", "loop,barrier=0", file, mount);
  if (why === undefined) {
    return {
      mount,
      pull: () => must("umount", mount),
      plug: () => must("mount", "-o", "loop,barrier=0", file, mount),
      // Lazily: after a test that failed somebody may still be there
      remove: () => void run("umount", "-l", mount),
    };
  }
  rmSync(file);
  process.stderr.write(`a folder stands in for a loop-mounted ext4: ${why}\n`);
  const away = `${mount}.pulled`;
  return {
    mount,
    pull: () => {
      renameSync(mount, away);
      mkdirSync(mount);
    },
    plug: () => {
      if (!existsSync(away)) throw new Error("it is plugged in");
      rmSync(mount, { recursive: true });
      renameSync(away, mount);
    },
    remove: () => undefined,
  };
}

/** Sparse; the largest test puts some 60 MB on it. */
const bytes = 512 * 1024 ** 2;

function must(...command: readonly [string, ...string[]]): void {
  const why = run(...command);
  if (why !== undefined) throw new Error(`${command.join(" ")}: ${why}`);
}

/** What went wrong. */
function run(program: string, ...args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8", env: { PATH: searchPath } });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}
