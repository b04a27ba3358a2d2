import { expect, test } from "vitest";
import type { Mount } from "../../src/facts/mounts.ts";
import { sdSwapFiles } from "../../src/facts/sd-swap-files.ts";
import type { SwapArea } from "../../src/facts/swaps.ts";
import { mom } from "./mom.ts";

const root: Mount = { device: "/dev/root", target: "/", fstype: "ext4", options: ["rw"] };
const disk: Mount = { device: "/dev/sda1", target: "/media/btsync", fstype: "ext4", options: ["rw"] };

function area(path: string, rest: Partial<SwapArea> = {}): SwapArea {
  return { path, type: "file", bytes: 1, used: 0, priority: -2, deleted: false, gone: false, ...rest };
}

function found(areas: readonly SwapArea[], mounts: readonly Mount[]): string[] {
  const facts = { swaps: { kind: "value", value: areas }, mounts: { kind: "value", value: mounts } } as const;
  return sdSwapFiles(facts, mom).map(({ path }) => path);
}

test.each<[string, SwapArea, Mount[], boolean]>([
  ["dphys-swapfile's is", area("/var/swap"), [root, disk], true],
  ["an unlinked one that is still in use is", area("/var/swap", { deleted: true, gone: true }), [root], true],
  ["one at the mount point without a disk is", area("/media/btsync/swapfile"), [root], true],
  ["the disk's own is not", area("/media/btsync/swapfile"), [root, disk], false],
  ["what a pulled disk left behind is not", area("/swapfile", { gone: true }), [root], false],
  ["zram is not", area("/dev/zram0", { type: "partition" }), [root], false],
  [
    "LibreELEC's is",
    area("/storage/.cache/swapfile"),
    [
      { ...root, device: "/dev/loop0", fstype: "squashfs" },
      { ...root, device: "/dev/mmcblk0p2", target: "/storage" },
    ],
    true,
  ],
  [
    "one on another disk is not",
    area("/mnt/ssd/swap"),
    [root, { ...disk, device: "/dev/sdb1", target: "/mnt/ssd" }],
    false,
  ],
])("%s on the SD card", (_, swap, mounts, expected) => {
  expect(found([swap], mounts)).toEqual(expected ? [swap.path] : []);
});

test("what could not be told is not reported", () => {
  expect(sdSwapFiles({ swaps: { kind: "absent" }, mounts: { kind: "absent" } }, mom)).toEqual([]);
});
