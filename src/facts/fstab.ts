import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/** The raw text; OSMC's is empty, LibreELEC ignores its own. */
export const fstab: Fact<string> = {
  name: "fstab",
  command: sh`exec cat "$root"/etc/fstab`,
  parse: (stdout) => stdout,
  whenEmpty: "",
};
