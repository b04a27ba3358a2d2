import type { Fact } from "./fact.ts";
import { decimalNumber } from "./number.ts";
import { oneLine } from "./one-line.ts";

/** Over 1, 5 and 15 minutes. Counts tasks that wait for a disk too: load without work is a stuck disk. */
export type Load = readonly [number, number, number];

export const load: Fact<Load> = {
  name: "load",
  ...oneLine("/proc/loadavg"),
  parse: (stdout) => {
    const [one, five, fifteen] = stdout.split(" ");
    return [decimalNumber("a load", one), decimalNumber("a load", five), decimalNumber("a load", fifteen)];
  },
};
