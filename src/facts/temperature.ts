import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { decimalNumber, wholeNumber } from "./number.ts";

/** Degrees Celsius of the processor. */
export const temperature: Fact<number> = {
  name: "temperature",
  command: sh`cat "$root"/sys/class/thermal/thermal_zone0/temp 2>/dev/null || vcgencmd measure_temp`,
  quick: sh`IFS= read -r line <"$root"/sys/class/thermal/thermal_zone0/temp && printf '%s\n' "$line"`,
  parse: (stdout) => {
    const celsius = /^temp=([^']*)'C/.exec(stdout)?.[1];
    return celsius === undefined
      ? wholeNumber("a temperature", stdout) / 1000
      : decimalNumber("a temperature", celsius);
  },
};
