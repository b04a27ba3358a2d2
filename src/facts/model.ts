import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/** `Raspberry Pi 4 Model B Rev 1.4`. Old kernels without a device tree tell only `BCM2708, revision 000e`. */
export const model: Fact<string> = {
  name: "model",
  command: sh`if [ -r "$root"/proc/device-tree/model ]; then
  exec tr '\000' '\n' <"$root"/proc/device-tree/model
else
  grep -E '^(Hardware|Revision|Model)[[:space:]]*:' "$root"/proc/cpuinfo || [ $? = 1 ]
fi`,
  // read leaves the NUL at its end out
  quick: sh`model=
{ IFS= read -r model <"$root"/proc/device-tree/model || [ -n "$model" ]; } && printf '%s\n' "$model"`,
  parse: (stdout) => {
    const field = (key: string): string | undefined =>
      new RegExp(String.raw`^${key}\s*:\s*(.*\S)`, "m").exec(stdout)?.[1];
    const hardware = field("Hardware");
    const revision = field("Revision");
    if (hardware === undefined && revision === undefined) return field("Model") ?? stdout.trim();
    return (
      field("Model") ??
      [hardware, revision === undefined ? undefined : `revision ${revision}`]
        .filter((part) => part !== undefined)
        .join(", ")
    );
  },
};
