import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

/**
 * Why the node's own scripts hold something back, in their words: the disk's swap, and without systemd the mount of the disk
 * and the start of the engine.
 */
export interface HeldBack {
  readonly disk?: string;
  readonly engine?: string;
  readonly swap?: string;
}

/** Gone with the next boot, and when it is over. */
export const heldBack: Fact<HeldBack> = {
  name: "what is held back",
  command: sh`for what in disk engine swap; do
  f="$root/run/pimesh/$what-held"
  if [ "$what" = swap ]; then f="$root"/run/pimesh/swap-off; fi
  if [ -s "$f" ]; then printf '%s %s\n' "$what" "$(head -n 1 "$f")"; fi
done`,
  quick: "itself",
  parse: (stdout) => {
    const reason = (name: string): string | undefined => new RegExp(`^${name} (.*)$`, "m").exec(stdout)?.[1];
    const [disk, engine, swap] = [reason("disk"), reason("engine"), reason("swap")];
    return {
      ...(disk === undefined ? {} : { disk }),
      ...(engine === undefined ? {} : { engine }),
      ...(swap === undefined ? {} : { swap }),
    };
  },
  whenEmpty: {},
};
