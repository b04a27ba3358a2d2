import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/** How the first line of a file is asked, such as /proc/loadavg: by the shell itself; where that cannot, sed says why. */
export function oneLine(path: string): Pick<Fact<unknown>, "command" | "quick"> {
  return {
    command: sh`exec sed 1q "$root"${path}`,
    quick: sh`IFS= read -r line <"$root"${path} && printf '%s\n' "$line"`,
  };
}
