import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/** Of the kernel: `armv6l`, `armv7l`, `aarch64`. The programs may be 32-bit under a 64-bit kernel. */
export const architecture: Fact<string> = {
  name: "architecture",
  command: sh`exec uname -m`,
  parse: (stdout) => stdout.trim(),
};
