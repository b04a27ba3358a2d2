import { describe, expect, test } from "vitest";
import { withoutDisk } from "../../src/provision/fstab.ts";

const disk = {
  uuid: "2f6c1c8e-0000-4000-8000-000000000001",
  label: "btsync",
  mount: "/media/btsync",
  device: "/dev/sda1",
  partUuid: "0f1e2d3c-01",
  links: [
    "/dev/disk/by-id/usb-WD_Elements-0:0-part1",
    "/dev/disk/by-path/platform-usb-part1",
    "/dev/disk/by-partlabel/family",
  ],
};
const boot = "PARTUUID=6c586e13-01  /boot/firmware  vfat  defaults  0  2";
const root = "PARTUUID=6c586e13-02  /  ext4  defaults,noatime  0  1";

describe("lines of fstab that name the disk", () => {
  test.each([
    ["its label", "LABEL=btsync /srv/sync ext4 defaults 0 0"],
    ["its label in quotes", 'LABEL="btsync" /srv/sync ext4 defaults 0 0'],
    ["its UUID", "UUID=2f6c1c8e-0000-4000-8000-000000000001 /srv/sync ext4 defaults 0 2"],
    ["its UUID in capitals", "UUID=2F6C1C8E-0000-4000-8000-000000000001 /srv/sync ext4 defaults 0 2"],
    ["its link by label", "/dev/disk/by-label/btsync\t/srv/sync\text4\tdefaults\t0\t0"],
    ["its partition's UUID", "PARTUUID=0f1e2d3c-01 /srv/sync ext4 defaults 0 0"],
    ["its link by id", "/dev/disk/by-id/usb-WD_Elements-0:0-part1 /srv/sync ext4 defaults 0 0"],
    ["its link by path", "/dev/disk/by-path/platform-usb-part1 /srv/sync ext4 defaults 0 0"],
    ["its partition's label", "PARTLABEL=family /srv/sync ext4 defaults 0 0"],
    ["its device of this moment", "/dev/sda1 /srv/sync ext4 defaults 0 0"],
    ["a swap file on it", "/media/btsync/swapfile none swap sw 0 0"],
    ["its mount point", "/dev/sda1 /media/btsync ext4 defaults 0 0"],
    ["its mount point with a slash at the end", "/dev/sda1 /media/btsync/ ext4 defaults 0 0"],
  ])("by %s are switched off and stay as a comment", (_, line) => {
    expect(withoutDisk(`${boot}\n${line}\n${root}\n`, disk)).toBe(
      `${boot}\n# pimesh mounts this disk itself: ${line}\n${root}\n`,
    );
  });
});

test.each([
  ["a file that does not name it", `${boot}\n${root}\n`],
  ["an empty file", ""],
  ["a comment that names it", "# LABEL=btsync /media/btsync ext4 defaults 0 0\n"],
  ["a label that only begins alike", "LABEL=btsync2 /srv/other ext4 defaults 0 0\n"],
  ["a folder below the mount point of another disk", "/dev/sdb1 /media/btsync-old ext4 defaults 0 0\n"],
  ["another disk by id", "/dev/disk/by-id/usb-WD_Elements-0:0-part2 /srv/other ext4 defaults 0 0\n"],
  ["the root file system at /", "/dev/root / ext4 defaults 0 1\n"],
])("%s stays as it is", (_, text) => {
  expect(withoutDisk(text, disk)).toBeUndefined();
});

test("what has been switched off once is not touched again", () => {
  const once = withoutDisk("LABEL=btsync /media/btsync ext4 defaults 0 0\n", disk) as string;
  expect(withoutDisk(once, disk)).toBeUndefined();
});
