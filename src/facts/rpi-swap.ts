import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/** Raspberry Pi OS' own swap from trixie on, as it is configured without our part of it. */
export interface RpiSwap {
  /** `auto`, `swapfile`, `zram`, `zram+file`, `none`. */
  readonly mechanism: string;
  /** The swap file, or what zram writes back to. */
  readonly path: string;
}

/** Where our part of its configuration goes: a name that sorts last, since the last file that says something counts. */
export const rpiSwapPart = "zz-pimesh.conf";

/**
 * swap.conf(5) of rpi-swap: one main file, the first that is found; then the drop-ins of all folders in the order of their
 * names, where of two with one name the one in /etc counts. Absent: rpi-swap is not installed.
 */
export const rpiSwap: Fact<RpiSwap> = {
  name: "rpi-swap",
  command: sh`found=
for g in "$root"/usr/lib/systemd/system-generators/rpi-swap-generator "$root"/lib/systemd/system-generators/rpi-swap-generator; do
  if [ -e "$g" ]; then found=yes; fi
done
if [ -z "$found" ]; then exit 127; fi
echo .
for d in /etc /run /usr/local/lib /usr/lib; do
  if [ -r "$root$d"/rpi/swap.conf ]; then cat "$root$d"/rpi/swap.conf; echo; break; fi
done
for d in /usr/lib /usr/local/lib /run /etc; do
  for f in "$root$d"/rpi/swap.conf.d/*.conf; do
    name=$(basename "$f")
    if [ -e "$f" ] && [ "$name" != ${rpiSwapPart} ]; then printf '%s\t%s\n' "$name" "$f"; fi
  done
done | awk -F '\t' '{ last[$1] = $2 } END { for (n in last) print n "\t" last[n] }' | sort | cut -f 2 | while IFS= read -r f; do
  cat "$f" && echo
done`,
  parse: (stdout) => {
    let section = "";
    const values = new Map<string, string>();
    for (const line of stdout.split("\n")) {
      const heading = /^\s*\[(\w+)\]\s*$/.exec(line)?.[1];
      if (heading !== undefined) section = heading;
      const pair = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line);
      if (pair) values.set(`${section}.${pair[1] ?? ""}`, pair[2] ?? "");
    }
    const value = (key: string, usual: string): string => {
      const said = values.get(key);
      return said === undefined || said === "" ? usual : said;
    };
    return { mechanism: value("Main.Mechanism", "auto"), path: value("File.Path", "/var/swap") };
  },
};
