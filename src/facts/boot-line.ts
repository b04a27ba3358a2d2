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

// On bookworm and later /boot/cmdline.txt is left as a text of several lines that says where the file has gone
const files = sh`if [ -e "$root"/sys/fs/cgroup/cgroup.controllers ]; then echo @unified; fi
for f in /boot/firmware /flash /boot; do
  if [ ! -f "$root$f"/cmdline.txt ]; then continue; fi
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *'DO NOT EDIT'*) continue 2 ;; esac
  done <"$root$f"/cmdline.txt
  if [ -f "$root$f"/config.txt ]; then
    line=$(grep -E -m 1 '^[[:space:]]*(cmdline|os_prefix)=' "$root$f"/config.txt 2>/dev/null)
    if [ -n "$line" ]; then printf '@config %s\n' "$line"; fi
  fi
  printf '@file %s\n' "$f"/cmdline.txt
  cat "$root$f"/cmdline.txt && echo .
  return
done
if [ -e "$root"/etc/default/grub ]; then echo @grub; fi`;

/** Everybody may read the boot partition where it is mounted with its defaults. LibreELEC has it at /flash. */
export const bootLine: Fact<BootLine> = {
  name: "boot line",
  command: sh`cat "$root"/proc/cmdline || return
${files}`,
  quick: sh`line=
IFS= read -r line <"$root"/proc/cmdline || [ -n "$line" ] || return
printf '%s\n' "$line"
${files}`,
  parse: (stdout) => {
    const newline = stdout.indexOf("\n");
    const first = newline < 0 ? stdout : stdout.slice(0, newline);
    const rest = newline < 0 ? "" : stdout.slice(newline + 1);
    const file = /^@file (.*)\n([^]*)\.\s*$/m.exec(rest);
    const before = rest.slice(0, file?.index);
    const config = /^@config (.*)$/m.exec(before)?.[1]?.trim();
    return {
      running: wordsOf(first),
      file:
        file === null
          ? undefined
          : { path: file[1] as string, text: (file[2] as string).replaceAll("\0", ""), config },
      unified: /^@unified$/m.test(before),
      grub: file === null && /^@grub$/m.test(rest),
    };
  },
};

/** The words of a command line. */
export function wordsOf(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}
