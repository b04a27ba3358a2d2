import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { onPi } from "../support/on-pi.ts";
import { simulatedPi } from "../support/simulated-pi.ts";

const one = String.raw`printf 'label: gpt\ntype=L, name="pimesh"\n'`;
const asRoot = { as: "root" } as const;

describe("the tools for a disk", { timeout: 30_000 }, () => {
  test("a mounted disk is neither partitioned nor formatted, and keeps its files", async () => {
    const pi = await simulatedPi();
    const { stdout } = await onPi(
      pi,
      `mount /dev/sda1 "$root/mnt"; touch "$root/mnt/photo"; ${one} | sfdisk --quiet "$root/dev/sda" 2>&1; echo "$?"; mkfs.ext4 -q "$root/dev/sda1" 2>&1; echo "$?"; ls "$root/mnt"`,
      asRoot,
    );
    expect(stdout).toBe(
      "sfdisk: This disk is currently in use - repartitioning is probably a bad idea.\n1\n/dev/sda1 is mounted; will not make a filesystem here!\n1\nlost+found\nphoto\n",
    );
  });

  test("what was on a disk is gone after sfdisk, for every tool that looks", async () => {
    const pi = await simulatedPi({
      disks: [{ device: "/dev/sda1", label: "btsync", uuid: "aaaa-1", bytes: 4e9, files: { photo: "x" } }],
    });
    const { stdout } = await onPi(
      pi,
      `${one} | sfdisk --quiet "$root/dev/sda"; lsblk -n -l -o NAME,LABEL,UUID /dev/sda; wipefs -p "$root/dev/sda1"; blkid -p -o export "$root/dev/sda1" | grep NAME; ls "$root/dev/disk/by-label"; mount /dev/sda1 "$root/mnt" 2>&1 | cut -c 1-20`,
      asRoot,
    );
    expect(stdout).toMatch(
      /^sda +\nsda1 +\nDEVNAME=\/dev\/sda1\nPART_ENTRY_NAME=pimesh\nbootfs\nrootfs\nmount: .*\n$/,
    );
  });

  test("a blank disk has no partition until it is given one, and keeps it over a pull and a plug", async () => {
    const pi = await simulatedPi({
      disks: [{ device: "/dev/sdb1", label: "btsync", uuid: "aaaa-1", bytes: 4e9, blank: true }],
    });
    const { stdout } = await onPi(
      pi,
      `ls "$root/dev"; ${one} | sfdisk --quiet "$root/dev/sdb"; mkdir "$root/tmp/new"; echo hello >"$root/tmp/new/identity"
       mkfs.ext4 -q -L new -U aaaa-2 -d "$root/tmp/new" "$root/dev/sdb1"; e2label "$root/dev/sdb1" photos
       sh "$root/.sim/lib/pull" sdb1; sh "$root/.sim/lib/plug" sdb1
       mount UUID=aaaa-2 "$root/mnt"; cat "$root/mnt/identity"; lsblk -n -l -o NAME,FSTYPE,LABEL,UUID,MOUNTPOINT /dev/sdb1; ls "$root/dev/disk/by-label"`,
      asRoot,
    );
    expect(stdout).toBe(
      "disk\nmmcblk0\nmmcblk0p1\nmmcblk0p2\nsdb\nhello\nsdb1 ext4 photos aaaa-2 /mnt\nbootfs\nphotos\nrootfs\n",
    );
  });

  test("the kernel lets a disk go by device/delete, and its port by remove; other files are tee's", async () => {
    const pi = await simulatedPi();
    const gone = await onPi(
      pi,
      `usb=$(readlink -f "$root/sys/block/sda/device"); usb=\${usb%/*:1.0/*}
       echo 1 | tee "$root/sys/block/sda/device/delete" >/dev/null; ls "$root/sys/block" "$root/dev"; [ -e "$usb/remove" ] && echo on
       echo 1 | tee "$usb/remove" >/dev/null; [ -e "$usb" ] || echo off; echo text | tee "$root/tmp/file"; cat "$root/tmp/file"`,
      asRoot,
    );
    expect(gone.stdout).not.toContain("sda");
    expect(gone.stdout).toMatch(/on\noff\ntext\ntext\n$/);
    expect(existsSync(join(pi.root, ".sim/disks/sda1/plugged"))).toBe(false);
  });
});
