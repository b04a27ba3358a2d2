import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** What the firmware does to save the machine, now and seen since boot. Undefined: only the firmware's tool would know. */
export interface Throttled {
  readonly underVoltageNow: boolean;
  readonly cappedNow: boolean | undefined;
  readonly throttledNow: boolean | undefined;
  readonly softLimitNow: boolean | undefined;
  readonly underVoltageSeen: boolean | undefined;
  readonly cappedSeen: boolean | undefined;
  readonly throttledSeen: boolean | undefined;
  readonly softLimitSeen: boolean | undefined;
}

export const throttled: Fact<Throttled> = {
  name: "throttled",
  // Without vcgencmd, or without the right to use it, the kernel's own sensor still knows about the voltage. The old
  // get_throttled in sysfs is not read: that writes a warning with a backtrace into the kernel's log.
  command: sh`t=$(vcgencmd get_throttled 2>&1)
code=$?
case $t in throttled=0x*) printf '%s\n' "$t"; exit ;; esac
for h in "$root"/sys/class/hwmon/hwmon*; do
  if [ "$(cat "$h"/name 2>/dev/null)" = rpi_volt ]; then printf 'rpi_volt=%s\n' "$(cat "$h"/in0_lcrit_alarm)"; exit; fi
done
if [ "$code" = 127 ]; then exit 127; fi
printf '%s\n' "$t" >&2
exit 1`,
  quick: sh`command -v vcgencmd >/dev/null || return 1
t=$(vcgencmd get_throttled)
case $t in throttled=0x*) printf '%s\n' "$t" ;; *) return 1 ;; esac`,
  parse: (stdout) => {
    const alarm = /^rpi_volt=([01])$/m.exec(stdout)?.[1];
    if (alarm !== undefined) return onlyVoltage(alarm === "1");
    const digits = /^throttled=0x([0-9a-fA-F]{1,8})$/m.exec(stdout)?.[1];
    if (digits === undefined) throw new UnexpectedAnswer("throttled=0x…", stdout);
    const bits = Number.parseInt(digits, 16);
    const bit = (number: number): boolean => (bits & (1 << number)) !== 0;
    return {
      underVoltageNow: bit(0),
      cappedNow: bit(1),
      throttledNow: bit(2),
      softLimitNow: bit(3),
      underVoltageSeen: bit(16),
      cappedSeen: bit(17),
      throttledSeen: bit(18),
      softLimitSeen: bit(19),
    };
  },
};

function onlyVoltage(underVoltageNow: boolean): Throttled {
  return {
    underVoltageNow,
    cappedNow: undefined,
    throttledNow: undefined,
    softLimitNow: undefined,
    underVoltageSeen: undefined,
    cappedSeen: undefined,
    throttledSeen: undefined,
    softLimitSeen: undefined,
  };
}
