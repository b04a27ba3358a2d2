import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** Something that may mount a disk at a place of its own choice. */
export interface Automounter {
  readonly name: "udisks2" | "udisks-glue" | "udevil" | "usbmount";
  readonly state: "running" | "present";
}

const names: readonly Automounter["name"][] = ["udisks2", "udisks-glue", "udevil", "usbmount"];

/** usbmount and udevil act from udev rules and need no daemon: present is enough for them. */
export const automounters: Fact<readonly Automounter[]> = {
  name: "automounters",
  command: sh`running='
'
for f in "$root"/proc/[0-9]*/comm; do { IFS= read -r comm <"$f"; } 2>/dev/null && running=$running$comm'
'; done
look() {
  name=$1
  for comm in $2; do
    case $running in *"
$comm
"*) echo "$name running"; return ;; esac
  done
  shift 2
  for f; do if [ -e "$f" ]; then echo "$name present"; return; fi; done
}
look udisks2 udisksd "$root"/usr/libexec/udisks2/udisksd "$root"/usr/lib/udisks2/udisksd
look udisks-glue udisks-glue "$root"/usr/bin/udisks-glue
look udevil 'devmon udevil' "$root"/usr/bin/udevil "$root"/usr/bin/devmon
look usbmount usbmount "$root"/usr/share/usbmount/usbmount "$root"/etc/usbmount/usbmount.conf`,
  parse: (stdout) =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [word, state] = line.split(" ");
        const name = names.find((each) => each === word);
        if (name === undefined || (state !== "running" && state !== "present")) {
          throw new UnexpectedAnswer("an automounter", line);
        }
        return { name, state };
      }),
  whenEmpty: [],
};
