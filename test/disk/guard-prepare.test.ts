import { describe, expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import { guardPrepare, type PrepareRequest } from "../../src/disk/guard-prepare.ts";
import * as looks from "./looks.ts";
import { mom } from "./mom.ts";

const request: PrepareRequest = {
  node: mom,
  device: "/dev/sda",
  eraseData: [],
  pinned: undefined,
  loopDevices: "refuse",
};
const withFiles = {
  disk: looks.describe(looks.tableDos, looks.ext4),
  "seen.sda1": "432013312 8",
  "names.sda1": ".pimesh\nbtsync\nlost+found\nswapfile",
};

describe("disk prepare refuses", () => {
  test.each<[string, Readonly<Record<string, string>>, string, string]>([
    ["what is not there", { device: "absent  " }, "E-DISK-ABSENT", "there is no /dev/sda"],
    ["what is no block device", { device: "no-block null " }, "E-NOT-A-DISK", "no block device"],
    [
      "a partition, and says which disk it is of",
      { device: "partition sda1 sda" },
      "E-NOT-A-DISK",
      "is a partition of /dev/sda",
    ],
    ["a loop device", virtual("loop0"), "E-NOT-A-DISK", "made by the kernel"],
    ["an array", virtual("md0"), "E-NOT-A-DISK", "made by the kernel"],
    ["compressed memory", virtual("zram0"), "E-NOT-A-DISK", "made by the kernel"],
    ["a CD drive", real("sr0"), "E-NOT-A-DISK", "not a kind of disk"],
    ["the boot area of a memory chip", real("mmcblk0boot0"), "E-NOT-A-DISK", "not a kind of disk"],
    [
      "the root disk",
      { uses: "sda1 mount /boot/firmware\nsda2 mount /" },
      "E-DISK-SYSTEM",
      "/dev/sda2 is mounted at /",
    ],
    [
      "the boot disk",
      { uses: "sda1 mount /boot/firmware" },
      "E-DISK-SYSTEM",
      "/dev/sda1 is mounted at /boot/firmware",
    ],
    [
      "a disk with /var",
      { uses: "sda1 mount /var/lib/docker" },
      "E-DISK-SYSTEM",
      "mounted at /var/lib/docker",
    ],
    ["LibreELEC's storage", { uses: "sda2 mount /storage" }, "E-DISK-SYSTEM", "mounted at /storage"],
    ["swap in use", { uses: "sda2 swap /dev/sda2" }, "E-DISK-SYSTEM", "/dev/sda2 is swap in use"],
    [
      "a part of an LVM group or an array",
      { uses: "sda1 held dm-0" },
      "E-DISK-SYSTEM",
      "/dev/sda1 is part of dm-0",
    ],
    [
      "the root disk that an overlay hides",
      { ...withFiles, cmdline: "boot=overlay root=PARTUUID=8a676486-01 ro" },
      "E-DISK-SYSTEM",
      "started with root=PARTUUID=8a676486-01",
    ],
    [
      "the root disk by number from a partition",
      { ...withFiles, cmdline: "root=PARTUUID=8a676486-01/PARTNROFF=1" },
      "E-DISK-SYSTEM",
      "root=",
    ],
    [
      "the root disk by its name",
      { ...withFiles, cmdline: "root=/dev/sda1 rw" },
      "E-DISK-SYSTEM",
      "root=/dev/sda1",
    ],
    [
      "a boot partition that is not mounted",
      { ...withFiles, fstab: `UUID="${looks.familysUuid.toUpperCase()}" /boot/firmware vfat noauto 0 0\n` },
      "E-DISK-SYSTEM",
      "/etc/fstab has",
    ],
    [
      "swap that is not on now",
      { ...withFiles, fstab: "LABEL=btsync none swap sw 0 0\n" },
      "E-DISK-SYSTEM",
      "/etc/fstab has LABEL=btsync at none",
    ],
    [
      "a mounted disk",
      { uses: String.raw`sda1 mount /media/pi/my\040disk` },
      "E-DISK-IN-USE",
      "/dev/sda1 at /media/pi/my disk",
    ],
    [
      "a reader without a card",
      { disk: looks.describe("volume sda\nsectors 0\nstart unreadable") },
      "E-DISK-TOO-SMALL",
      "no medium",
    ],
    [
      "a write-protected disk",
      { disk: looks.describe(looks.wholeBlank).replace("ro 0", "ro 1") },
      "E-DISK-READ-ONLY",
      "write-protected",
    ],
    [
      "a disk that cannot be read",
      { disk: looks.describe(looks.wholeBlank.replace("blank", "unreadable")) },
      "E-DISK-READ-ONLY",
      "cannot be read",
    ],
    [
      "a disk that is too small",
      { disk: looks.describe(looks.wholeBlank.replace("1953458176", "2097151")) },
      "E-DISK-TOO-SMALL",
      "less than 1.0 GiB",
    ],
    [
      "a node without a tool",
      { missing: " sfdisk mkfs.ext4 e2label" },
      "E-TOOL-MISSING",
      "it lacks sfdisk, mkfs.ext4, e2label",
    ],
    ["a node with an old sfdisk", { missing: " sfdisk-2.28" }, "E-TOOL-MISSING", "older than 2.28"],
    [
      "a disk with data",
      withFiles,
      "E-DISK-HAS-DATA",
      '/dev/sda holds data: /dev/sda1: ext4 file system "btsync", 412 GiB in use (btsync, swapfile)',
    ],
    [
      "a fresh file system without a file",
      { ...withFiles, "seen.sda1": "20 1", "names.sda1": "lost+found" },
      "E-DISK-HAS-DATA",
      '"btsync", no files',
    ],
  ])("%s", (_, records, code, words) => {
    expect(refusal(records)).toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  test("a disk with data, with a command that allows the loss of all of it", () => {
    const swap = "volume sda2\nsectors 2048\nsig 0xff6,6b1b2d0a-0000-4000-8000-000000000002,,swap\nstart 44";
    const error = refusal({ disk: looks.describe(looks.tableDos, looks.ext4, swap) });
    expect(error.hint).toBe(
      `copy away what is still wanted; to erase it all for good: pimesh disk prepare mom --device /dev/sda --erase-data ${looks.familysUuid} --erase-data 6b1b2d0a-0000-4000-8000-000000000002`,
    );
  });

  test.each([
    [
      "the node's own disk by its pin",
      { pinned: looks.familysUuid },
      {},
      "this is the disk of mom: it holds 412 GiB of the family's files",
    ],
    [
      "another node's disk by its identity file",
      {},
      { "identity.sda1": `uuid=${looks.familysUuid}\nnode=grandma\n` },
      "this is the disk of grandma: it holds 412 GiB of the family's files",
    ],
    [
      "a disk that nobody could look into",
      { pinned: looks.familysUuid },
      { "seen.sda1": "" },
      "this is the disk of mom: it holds the family's files",
    ],
  ])("%s with a sentence of its own", (_, given, records, words) => {
    expect(refusal({ ...withFiles, ...records }, given).message).toContain(`; ${words}`);
  });

  test("the mounted disk of another node with that sentence, too", () => {
    const error = refusal({
      ...withFiles,
      uses: "sda1 mount /media/btsync",
      "identity.sda1": `uuid=${looks.familysUuid}\nnode=grandma\n`,
    });
    expect(error.message).toBe(
      "/dev/sda is mounted: /dev/sda1 at /media/btsync; this is the disk of grandma: it holds 412 GiB of the family's files",
    );
  });

  test("a UUID that is not on the disk: it is another disk than the person thinks", () => {
    const error = refusal(withFiles, { eraseData: [looks.familysUuid, "5DE4-665C"] });
    expect(error).toMatchObject({ code: "E-DISK-WRONG" });
    expect(error.message).toMatch(
      /^5DE4-665C is not on \/dev\/sda: is it another disk than you think\? It holds/,
    );
  });
});

describe("disk prepare may erase", () => {
  test.each<[string, Readonly<Record<string, string>>, Partial<PrepareRequest>]>([
    ["a disk that was never formatted", {}, {}],
    ["such a disk whatever else is named: nothing can be lost", {}, { eraseData: [looks.familysUuid] }],
    [
      "a disk whose every file system is named, in small or capital letters",
      withFiles,
      { eraseData: [looks.familysUuid.toUpperCase()] },
    ],
    [
      "a disk whose only fstab line is a data mount",
      { ...withFiles, fstab: `UUID=${looks.familysUuid} /media/btsync ext4 nofail 0 0\n` },
      { eraseData: [looks.familysUuid] },
    ],
    ["NVMe", real("nvme0n1"), {}],
    ["a card in a reader", real("mmcblk1"), {}],
    ["a loop device, in tests", virtual("loop3"), { loopDevices: "allow" }],
  ])("%s", (_, records, given) => {
    expect(guardPrepare(looks.deviceLook(records), { ...request, ...given }).bytes).toBeGreaterThan(0);
  });
});

function real(name: string): Record<string, string> {
  return {
    device: `disk ${name} ${name}`,
    disk: looks.describe(looks.wholeBlank).replace("name sda", `name ${name}`),
  };
}

function virtual(name: string): Record<string, string> {
  return { ...real(name), device: `virtual ${name} ${name}` };
}

function refusal(
  records: Readonly<Record<string, string>>,
  given: Partial<PrepareRequest> = {},
): PimeshError {
  try {
    guardPrepare(looks.deviceLook(records), { ...request, ...given });
  } catch (error) {
    if (error instanceof PimeshError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
