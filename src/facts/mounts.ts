import { sh } from "../core/shell.ts";
import { fromOctal } from "./escapes.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** A line of /proc/mounts. Of several lines for one target the last one decides: see `mountAt`. */
export interface Mount {
  readonly device: string;
  readonly target: string;
  readonly fstype: string;
  readonly options: readonly string[];
  /** Which folder of the file system is shown here, where that is not its root: a bind mount or a subvolume. */
  readonly part?: string;
}

/** What lies below /proc, /sys and /dev is left out: it is half of the list, and no disk is mounted there. */
export const mounts: Fact<readonly Mount[]> = {
  name: "mounts",
  command: sh`set -- "$root"/proc/mounts "$root"/proc/self/mountinfo
if [ ! -e "$1" ]; then return 127; fi
if [ ! -r "$2" ]; then set -- "$1"; fi
exec awk 'FILENAME == ARGV[2] { if ($4 != "/" && / - [^ ]+ \/dev\//) print "@part", $4, $5, $(NF - 1); next }
!/^[^ ]* \/(proc|sys|dev|run\/credentials)(\/[^ ]*)? /' "$@"`,
  parse: (stdout) => {
    const lines = stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" ").map(fromOctal));
    // A mount has six fields, so that a source named @part is no part
    const parts = lines.filter((fields) => fields.length === 4 && fields[0] === "@part");
    return lines
      .filter((fields) => !parts.includes(fields))
      .map((fields) => {
        const [device, target, fstype, options] = fields;
        if (device === undefined || target === undefined || fstype === undefined || options === undefined) {
          throw new UnexpectedAnswer("a line of /proc/mounts", fields.join(" "));
        }
        const part = parts.find(([, , at, of]) => at === target && of === device)?.[1];
        return {
          device,
          target,
          fstype,
          options: options.split(","),
          ...(part === undefined ? {} : { part }),
        };
      });
  },
};
