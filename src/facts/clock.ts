import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { wholeNumber } from "./number.ts";

export interface Clock {
  /** Seconds since the epoch, at the moment in which the node was asked. */
  readonly seconds: number;
  /** With the network; `unknown` where nothing tells, as on LibreELEC. */
  readonly synchronised: "yes" | "no" | "unknown";
}

export const clock: Fact<Clock> = {
  name: "clock",
  // `show` came with systemd 239; before, only the text for people has it
  command: sh`date -u +%s || return
if command -v timedatectl >/dev/null; then
  timedatectl show -p NTPSynchronized 2>/dev/null || timedatectl status 2>/dev/null | grep -i synchronized:
fi
if [ -e "$root"/run/systemd/timesync/synchronized ]; then echo NTPSynchronized=yes; fi
:`,
  quick: "itself",
  parse: (stdout) => {
    const newline = stdout.indexOf("\n");
    const answer = /(?:NTPSynchronized=|synchronized: )(yes|no)\b/i.exec(stdout.slice(newline + 1))?.[1];
    return {
      seconds: wholeNumber("a time", newline < 0 ? stdout : stdout.slice(0, newline)),
      synchronised: answer === "yes" || answer === "no" ? answer : "unknown",
    };
  },
};
