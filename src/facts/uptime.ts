import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { decimalNumber } from "./number.ts";

/** Seconds since the node was started. */
export const uptime: Fact<number> = {
  name: "uptime",
  command: sh`exec cat "$root"/proc/uptime`,
  parse: (stdout) => decimalNumber("an uptime", stdout.split(" ")[0]),
};
