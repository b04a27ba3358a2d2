import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/**
 * Whether units can be kept out of swap. Asked of the kernel, since systemctl shows limits that nobody enforces; and of
 * cgroup v2 alone, since v1 has no such limit.
 */
export const memoryController: Fact<boolean> = {
  name: "memory controller",
  command: sh`if [ -e "$root"/sys/fs/cgroup/cgroup.controllers ]; then exec cat "$root"/sys/fs/cgroup/cgroup.controllers; fi`,
  quick: sh`if [ ! -e "$root"/sys/fs/cgroup/cgroup.controllers ]; then return; fi
IFS= read -r line <"$root"/sys/fs/cgroup/cgroup.controllers && printf '%s\n' "$line"`,
  parse: (stdout) => stdout.trim().split(/\s+/).includes("memory"),
  whenEmpty: false,
};
