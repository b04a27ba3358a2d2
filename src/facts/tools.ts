import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

const commands = [
  "flock",
  "chattr",
  "fallocate",
  "mkswap",
  "unshare",
  "gzip",
  "sha256sum",
  "findmnt",
  "blkid",
  "lsblk",
] as const;

/** Where Debian puts them: another place in PATH is not the distribution's. */
const programs = ["syncthing", "apt-get"] as const;

/** Commands that are there; `sort-z` and `stat-c`: what LibreELEC's busybox was built without. */
export type Tool = (typeof commands)[number] | (typeof programs)[number] | "sort-z" | "stat-c";

const all: readonly Tool[] = [...commands, ...programs, "sort-z", "stat-c"];

export const tools: Fact<readonly Tool[]> = {
  name: "tools",
  command: sh`for t in ${commands}; do if command -v "$t" >/dev/null; then echo "$t"; fi; done
for t in ${programs}; do if [ -x "$root"/usr/bin/"$t" ]; then echo "$t"; fi; done
if sort -z </dev/null >/dev/null 2>&1; then echo sort-z; fi
if stat -c %s "$root"/ >/dev/null 2>&1; then echo stat-c; fi`,
  parse: (stdout) => {
    const found = new Set(stdout.split("\n"));
    return all.filter((tool) => found.has(tool));
  },
  whenEmpty: [],
};
