import type { Fact } from "./fact.ts";
import { decimalNumber } from "./number.ts";
import { oneLine } from "./one-line.ts";

/** Seconds since the node was started. */
export const uptime: Fact<number> = {
  name: "uptime",
  ...oneLine("/proc/uptime"),
  parse: (stdout) => decimalNumber("an uptime", stdout.split(" ")[0]),
};
