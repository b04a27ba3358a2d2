import { describe, expect, test } from "vitest";
import { contentsOf, isUnfinished } from "../../src/disk/contents.ts";
import type { Disk } from "../../src/disk/device-look.ts";
import * as looks from "./looks.ts";

const swap =
  "volume sda2\nsectors 2048\nsig 0xff6,6b1b2d0a-0000-4000-8000-000000000002,,swap\ntag UUID=6b1b2d0a-0000-4000-8000-000000000002\ntag TYPE=swap\nstart 44";
const luks =
  "volume sda1\nsectors 2048\nsig 0x0,7d1f0a52-3c64-4a0e-9b1b-5a0e6f2c9d11,,crypto_LUKS\ntag TYPE=crypto_LUKS\ntag UUID=7d1f0a52-3c64-4a0e-9b1b-5a0e6f2c9d11\nstart 55";
const lvm =
  "volume sda\nsectors 2048\nsig 0x218,wQ3dOF-Xm0K-y7Yz-1cZb,,LVM2_member\ntag TYPE=LVM2_member\nstart 66";
const raid =
  "volume sda\nsectors 2048\nsig 0xe8e0d90000,0f1e2d3c:4b5a6978,nas:0,linux_raid_member\nstart blank";
const fat =
  "volume sda1\nsectors 2048\nsig 0x52,5DE4-665C,PHOTOS,vfat\nsig 0x0,5DE4-665C,PHOTOS,vfat\nsig 0x1fe,,,dos\ntag TYPE=vfat\ntag UUID=5DE4-665C\ntag LABEL=PHOTOS\nstart 77";
const withoutUuid =
  "volume sda1\nsectors 2048\nsig 0x0,,,squashfs\ntag TYPE=squashfs\ntag PART_ENTRY_UUID=8a676486-01\nstart 88";
const ambivalent =
  "volume sda1\nsectors 2048\nsig 0x438,aaaa-1,one,ext4\nsig 0x10040,bbbb-2,two,btrfs\nstart 99";
const extended = "volume sda4\nsectors 2\nsig 0x1fe,,,dos\ntag PART_ENTRY_TYPE=0x5\ntag PTTYPE=dos\nstart ab";
const unknown = `volume sda1\nsectors 2048\ntag PART_ENTRY_UUID=8a676486-01\nstart ${"c".repeat(64)}`;
const blkidAlone = "volume sda1\nsectors 2048\ntag TYPE=zfs_member\ntag UUID=1234567890\nstart de";

describe("what counts as data", () => {
  test.each<[string, readonly string[], readonly [string, string][]]>([
    ["a disk that was never formatted holds nothing", [looks.wholeBlank], []],
    [
      "a file system is known by its UUID",
      [looks.tableDos, looks.ext4],
      [["ext4 file system", looks.familysUuid]],
    ],
    [
      "each of several is listed",
      [looks.tableDos, looks.ext4, swap],
      [
        ["ext4 file system", looks.familysUuid],
        ["swap area", "6b1b2d0a-0000-4000-8000-000000000002"],
      ],
    ],
    [
      "an encrypted volume",
      [looks.tableDos, luks],
      [["encrypted volume (LUKS)", "7d1f0a52-3c64-4a0e-9b1b-5a0e6f2c9d11"]],
    ],
    ["a whole disk in an LVM group", [lvm], [["LVM2 member", "wQ3dOF-Xm0K-y7Yz-1cZb"]]],
    ["a RAID member whose mark is at the end of the disk", [raid], [["RAID member", "0f1e2d3c:4b5a6978"]]],
    ["a FAT's several signatures are one", [looks.tableDos, fat], [["vfat file system", "5DE4-665C"]]],
    [
      "two file systems in one place are two",
      [looks.tableDos, ambivalent],
      [
        ["ext4 file system", "aaaa-1"],
        ["btrfs file system", "bbbb-2"],
      ],
    ],
    [
      "one without a UUID is known by its partition's",
      [looks.tableDos, withoutUuid],
      [["squashfs file system", "8a676486-01"]],
    ],
    ["what blkid alone knows", [looks.tableDos, blkidAlone], [["zfs member", "1234567890"]]],
    ["bytes that no tool knows", [looks.tableDos, unknown], [["bytes that no tool knows", "8a676486-01"]]],
    [
      "such bytes without any table are known by their sum",
      [`volume sda\nsectors 2048\nstart ${"d".repeat(64)}`],
      [["bytes that no tool knows", "raw-dddddddddddd"]],
    ],
    [
      "an empty table is known by its own UUID",
      [looks.tableGpt],
      [["empty partition table (gpt)", "187f2b6f-ef69-9246-880e-cd18f4df86d1"]],
    ],
    [
      "empty partitions too",
      [looks.tableGpt, looks.emptyPartition("sda1"), looks.emptyPartition("sda2")],
      [["2 empty partitions (gpt)", "187f2b6f-ef69-9246-880e-cd18f4df86d1"]],
    ],
    [
      "the frame of logical partitions is nothing of its own",
      [looks.tableDos, extended, looks.ext4],
      [["ext4 file system", looks.familysUuid]],
    ],
    [
      "a file system left over beside a table",
      [
        looks.tableGpt.replace("sig 0x1fe", "sig 0x438,aaaa-1,old,ext4\nsig 0x1fe"),
        looks.emptyPartition("sda1"),
      ],
      [["ext4 file system", "aaaa-1"]],
    ],
  ])("%s", (_, volumes, expected) => {
    expect(contentsOf(disk(...volumes)).map(({ what, key }) => [what, key])).toEqual(expected);
  });
});

describe("what a cut-off prepare has left", () => {
  const named = "tag PART_ENTRY_NAME=pimesh\n";
  const half = looks.emptyPartition(
    "sda1",
    `${named}sig 0x438,aaaa-1,pimesh-new,ext4\ntag TYPE=ext4\ntag LABEL=pimesh-new\n`,
  );
  test.each<[string, boolean, readonly string[], Readonly<Record<string, string>>]>([
    ["our partition without a file system", true, [looks.tableGpt, looks.emptyPartition("sda1", named)], {}],
    [
      "bytes of the old file system in it are no matter",
      true,
      [looks.tableGpt, looks.emptyPartition("sda1", named).replace("blank", "e".repeat(64))],
      {},
    ],
    ["a file system without its real label", true, [looks.tableGpt, half], {}],
    [
      "the same with our identity file",
      true,
      [looks.tableGpt, half],
      { "seen.sda1": "20 2", "names.sda1": ".pimesh\nlost+found" },
    ],
    [
      "somebody's files in it are data",
      false,
      [looks.tableGpt, half],
      { "seen.sda1": "20 2", "names.sda1": "lost+found\nphotos" },
    ],
    ["a finished one is data", false, [looks.tableGpt, half.replaceAll("pimesh-new", "btsync")], {}],
    ["somebody else's empty partition is data", false, [looks.tableGpt, looks.emptyPartition("sda1")], {}],
    [
      "a second partition makes it somebody's",
      false,
      [looks.tableGpt, looks.emptyPartition("sda1", named), looks.emptyPartition("sda2")],
      {},
    ],
  ])("%s", (_, expected, volumes, records) => {
    const found = disk(...volumes, records);
    expect(isUnfinished(found)).toBe(expected);
    expect(contentsOf(found).length === 0).toBe(expected);
  });
});

function disk(...given: readonly (string | Readonly<Record<string, string>>)[]): Disk {
  const volumes = given.filter((each) => typeof each === "string");
  const records = given.find((each) => typeof each === "object");
  return looks.deviceLook({ ...records, disk: looks.describe(...volumes) }).disk as Disk;
}
