import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/** Whether what is written to the root file system is gone after a reboot (raspi-config's overlay, Ubuntu's overlayroot). */
export const overlayRoot: Fact<boolean> = {
  name: "overlay root",
  command: sh`set -f
if IFS= read -r line <"$root"/proc/cmdline || [ -n "$line" ]; then
  for word in $line; do case $word in overlayroot=* | boot=*) printf '%s\n' "$word" ;; esac; done
fi
exec sed -n 's|^[^ ]* / \([^ ]*\) .*|root=\1|p' "$root"/proc/mounts`,
  parse: (stdout) => {
    const lines = stdout.split("\n").filter((line) => line !== "");
    return (
      lines.some((line) => line === "boot=overlay" || /^overlayroot="?(tmpfs|crypt|device|\/)/.test(line)) ||
      lines.findLast((line) => line.startsWith("root=")) === "root=overlay"
    );
  },
};
