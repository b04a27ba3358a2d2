import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** What was started as PID 1 and starts the rest. `other`: something that provision knows no way with; its name. */
export type Init =
  | { readonly kind: "systemd" | "sysvinit" }
  | { readonly kind: "other"; readonly name: string };

/**
 * `sysvinit` means Debian's: runlevels in /etc/rc?.d, kept by update-rc.d. Upstart and OpenRC have that program too, but start
 * services their own way; both leave a folder or a tool that tells.
 */
export const init: Fact<Init> = {
  name: "init system",
  command: sh`comm=
{ IFS= read -r comm <"$root"/proc/1/comm; } 2>/dev/null
if [ -d "$root"/run/systemd/system ] || [ "$comm" = systemd ]; then echo systemd
elif [ -d "$root"/run/openrc ]; then echo openrc
elif [ -e "$root"/sbin/upstart-udev-bridge ] || [ -e "$root"/run/upstart-udev-bridge.pid ]; then echo upstart
elif [ "$comm" = init ] && [ -d "$root"/etc/rc2.d ] && command -v update-rc.d >/dev/null; then echo sysvinit
else echo "other $comm"; fi`,
  quick: "itself",
  parse: (stdout) => {
    const word = stdout.trim();
    if (word === "systemd" || word === "sysvinit") return { kind: word };
    if (word === "openrc" || word === "upstart") return { kind: "other", name: word };
    const name = /^other\b ?(.*)$/.exec(word)?.[1];
    if (name === undefined) throw new UnexpectedAnswer("an init system", stdout);
    return { kind: "other", name };
  },
};
