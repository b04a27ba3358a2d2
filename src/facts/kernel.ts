import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/** `6.12.47+rpt-rpi-v8`. */
export const kernel: Fact<string> = {
  name: "kernel",
  command: sh`exec uname -r`,
  parse: (stdout) => stdout.trim(),
};
