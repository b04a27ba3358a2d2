import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { fromLsblk } from "./lsblk.ts";
import { withoutLsblk } from "./without-lsblk.ts";

export interface BlockDevice {
  /** `/dev/sda1`. */
  readonly path: string;
  /** `sda1`. */
  readonly name: string;
  /** Name of the disk that a partition is on. */
  readonly parent?: string;
  /** `disk`, `part`, `loop` … */
  readonly type?: string;
  readonly bytes?: number;
  readonly fstype?: string;
  readonly label?: string;
  readonly uuid?: string;
  /** Of the partition, not of what is on it: formatting keeps it. Known only to lsblk. */
  readonly partUuid?: string;
  /** The device itself, whatever the mount options say. */
  readonly readOnly: boolean;
}

/**
 * lsblk reads udev's database, which everybody may. All the columns are older than its JSON: one that it does not know
 * fails the whole. Where lsblk, its JSON or its sight of the database is missing, the same is put together from the
 * kernel, the database and, as root, blkid; that one looks at the disks themselves and comes last.
 */
export const blockDevices: Fact<readonly BlockDevice[]> = {
  name: "block devices",
  command: sh`if t=$(lsblk -J -b -o NAME,KNAME,PKNAME,TYPE,SIZE,FSTYPE,LABEL,UUID,PARTUUID,RO 2>/dev/null); then
  case $t in *'"uuid":"'* | *'"uuid": "'*) printf '%s\n' "$t"; return ;; esac
fi
echo @partitions
grep -vE ' (ram|loop)[0-9]+$' "$root"/proc/partitions || return
echo @ro
grep -sH . "$root"/sys/block/*/ro "$root"/sys/block/*/*/ro
echo @udev
grep -sHE '^E:ID_FS_(TYPE|LABEL_ENC|UUID)=' "$root"/run/udev/data/b*
echo @by-label
ls -l "$root"/dev/disk/by-label/ 2>/dev/null
echo @by-uuid
ls -l "$root"/dev/disk/by-uuid/ 2>/dev/null
echo @blkid
blkid 2>/dev/null
:`,
  quick: "itself",
  parse: (stdout) => (stdout.trimStart().startsWith("{") ? fromLsblk(stdout) : withoutLsblk(stdout)),
};
