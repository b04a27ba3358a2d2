import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CleanUp } from "./clean-up.ts";

/** A control group, which knows the CPU time of all that ever ran in it, also of what nobody has waited for. */
export interface ControlGroup {
  readonly path: string;
  /** Seconds, user and system. */
  cpu(): number;
  members(): number[];
  /** Ends whatever is left in it. */
  clear(): void;
}

/** `undefined` where there is no cgroup2, or we may not make a group in it. */
export function controlGroup(name: string, undo: CleanUp): ControlGroup | undefined {
  const mount = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, , type]) => type === "cgroup2")?.[1];
  if (mount === undefined) return undefined;
  const path = join(mount, name);
  try {
    mkdirSync(path);
    readFileSync(join(path, "cpu.stat"));
  } catch {
    return undefined;
  }
  const group: ControlGroup = {
    path,
    cpu: () => Number(/^usage_usec (\d+)$/m.exec(readFileSync(join(path, "cpu.stat"), "utf8"))?.[1]) / 1e6,
    // A process that is being reaped right now reads as 0, which for kill(2) is our own process group
    members: () =>
      readFileSync(join(path, "cgroup.procs"), "utf8")
        .split("\n")
        .map(Number)
        .filter((pid) => pid > 0),
    clear: () => {
      for (const pid of group.members()) end(pid);
    },
  };
  undo.later("sh", "-c", emptyAndRemove, path);
  return group;
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile
  }
}

/** A group can be removed once the last process of it has been reaped. */
const emptyAndRemove = `for try in 1 2 3 4 5 6 7 8 9; do
  kill -KILL $(grep -v '^0$' "$0/cgroup.procs") 2>/dev/null
  if rmdir "$0" 2>/dev/null; then exit; fi
  sleep 0.2
done
exec rmdir "$0"`;
