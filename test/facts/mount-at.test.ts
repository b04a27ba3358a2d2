import { expect, test } from "vitest";
import { mountAt, mountOver } from "../../src/facts/mount-at.ts";
import type { Mount } from "../../src/facts/mounts.ts";

function mount(device: string, target: string, fstype = "ext4"): Mount {
  return { device, target, fstype, options: ["rw"] };
}

const facts = {
  mounts: {
    kind: "value" as const,
    value: [
      mount("/dev/mmcblk0p2", "/"),
      mount("systemd-1", "/media/btsync", "autofs"),
      mount("/dev/sda1", "/media/btsync"),
      mount("/dev/sdb1", "/media/btsync"),
      mount("systemd-1", "/mnt/nas", "autofs"),
    ],
  },
};

test("the last of several mounts at one place decides", () => {
  expect(mountAt(facts, "/media/btsync")?.device).toBe("/dev/sdb1");
});

test("a place where only an automount waits has no mount", () => {
  expect(mountAt(facts, "/mnt/nas")).toBeUndefined();
});

test("a folder of a mounted disk is no mount, and the disk is mounted over it", () => {
  expect(mountAt(facts, "/media/btsync/btsync")).toBeUndefined();
  expect(mountOver(facts, "/media/btsync/btsync")?.device).toBe("/dev/sdb1");
});

test("a neighbour whose name begins alike is not below the disk", () => {
  expect(mountOver(facts, "/media/btsync1/photos")?.device).toBe("/dev/mmcblk0p2");
});

test("mounts that could not be told are no mounts", () => {
  expect(mountOver({ mounts: { kind: "failed", reason: "?" } }, "/media/btsync")).toBeUndefined();
});
