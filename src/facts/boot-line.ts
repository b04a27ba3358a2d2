import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/** The kernel's command line, as it runs now and as the next boot will have it. */
export interface BootLine {
  /** Words of /proc/cmdline: what the firmware adds, then what stands in the file. */
  readonly running: readonly string[];
  /** Undefined: no cmdline.txt, so this is no Pi's firmware, or its boot partition is not mounted. */
  readonly file:
    | {
        /** `/boot/firmware/cmdline.txt`. */
        readonly path: string;
        readonly text: string;
        /** A line of config.txt beside it that may lead the firmware to another command line. */
        readonly config: string | undefined;
      }
    | undefined;
  /** One cgroup hierarchy (v2); under the old ones nobody can be kept out of swap. */
  readonly unified: boolean;
  /** A machine that GRUB boots: the command line is made from /etc/default/grub. */
  readonly grub: boolean;
}

/** Everybody may read the boot partition where it is mounted with its defaults. LibreELEC has it at /flash. */
export const bootLine: Fact<BootLine> = {
  name: "boot line",
  // On bookworm and later /boot/cmdline.txt is left as a text of several lines that says where the file has gone
  command: sh`cat "$root"/proc/cmdline || exit
if [ -e "$root"/sys/fs/cgroup/cgroup.controllers ]; then echo @unified; fi
for f in /boot/firmware /flash /boot; do
  if [ ! -f "$root$f"/cmdline.txt ]; then continue; fi
  if grep -q 'DO NOT EDIT' "$root$f"/cmdline.txt 2>/dev/null; then continue; fi
  t=$(cat "$root$f"/cmdline.txt; echo .) || exit
  grep -E '^[[:space:]]*(cmdline|os_prefix)=' "$root$f"/config.txt 2>/dev/null | sed -n '1s/^/@config /p'
  printf '@file %s\n%s' "$f"/cmdline.txt "$t"
  exit
done
if [ -e "$root"/etc/default/grub ]; then echo @grub; fi`,
  parse: (stdout) => {
    const newline = stdout.indexOf("\n");
    const first = newline < 0 ? stdout : stdout.slice(0, newline);
    const rest = newline < 0 ? "" : stdout.slice(newline + 1);
    const file = /^@file (.*)\n([^]*)\.\s*$/m.exec(rest);
    const before = rest.slice(0, file?.index);
    const config = /^@config (.*)$/m.exec(before)?.[1]?.trim();
    return {
      running: wordsOf(first),
      file: file === null ? undefined : { path: file[1] as string, text: file[2] as string, config },
      unified: /^@unified$/m.test(before),
      grub: file === null && /^@grub$/m.test(rest),
    };
  },
};

/** The words of a command line. */
export function wordsOf(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}
