import { sh } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { wholeNumber } from "./number.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** What the login user sees of the mount point and of what automounters have put beside it. */
export interface MountPoint {
  /**
   * Files and folders on the SD card where the disk belongs; undefined while something is mounted there: then only root
   * could look under it.
   */
  readonly hidden: number | undefined;
  /** Folders of the same name with a number behind it: `/media/btsync1` is what udisks makes of a mount point that exists. */
  readonly twins: readonly string[];
  /** What the identity file on the disk says, where one can be read. */
  readonly identity: { readonly uuid: string; readonly node: string } | undefined;
}

/**
 * Blocks on a dead disk. By awk, which takes a page of the list at once: a shell reads it byte by byte, and before Linux 5.8 a mount that
 * goes meanwhile made it miss another one.
 */
export function mountPoint(node: Node): Fact<MountPoint> {
  const { mount } = node.disk;
  return {
    name: "mount point",
    command: sh`m=${mount}
for d in "$root$m"[0-9] "$root$m"[0-9][0-9]; do if [ -d "$d" ]; then printf 'twin %s\n' "$(basename "$d")"; fi; done
if awk -v m="$m" '$2 == m && $3 != "autofs" { found = 1 } END { exit !found }' "$root"/proc/mounts; then
  echo mounted
  if [ -f "$root$m"/.pimesh/identity ]; then
    sed -n 's/^uuid=/identity &/p; s/^node=/identity &/p' "$root$m"/.pimesh/identity
  fi
elif [ -d "$root$m" ]; then
  names=$(ls -A "$root$m") || return
  if [ -n "$names" ]; then printf 'hidden %s\n' "$(printf '%s\n' "$names" | wc -l)"; else echo hidden 0; fi
else echo hidden 0; fi`,
    quick: "itself",
    parse: (stdout) => {
      const lines = stdout.split("\n").filter((line) => line !== "");
      const after = (word: string): string[] =>
        lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
      const [hidden] = after("hidden");
      if (hidden === undefined && !lines.includes("mounted"))
        throw new UnexpectedAnswer("what is at the mount point", stdout);
      const of = (key: string): string | undefined =>
        after("identity")
          .find((line) => line.startsWith(`${key}=`))
          ?.slice(key.length + 1)
          .trim();
      const uuid = of("uuid");
      const name = of("node");
      return {
        hidden: hidden === undefined ? undefined : wholeNumber("a number of files", hidden),
        twins: after("twin").map((twin) => `${mount.slice(0, mount.lastIndexOf("/"))}/${twin}`),
        identity:
          uuid === undefined && name === undefined ? undefined : { uuid: uuid ?? "", node: name ?? "" },
      };
    },
  };
}
