import { describe, expect, test } from "vitest";
import type { BlockDevice } from "../../src/facts/block-devices.ts";
import { diskOf } from "../../src/facts/disk-of.ts";
import type { Facts } from "../../src/facts/facts.ts";
import type { Mount } from "../../src/facts/mounts.ts";
import { factsWith, mom } from "./mom.ts";

const uuid = "2f6c1c8e-0000-4000-8000-000000000001";
const other = "2f6c1c8e-0000-4000-8000-000000000009";
const card: BlockDevice = {
  path: "/dev/mmcblk0p2",
  name: "mmcblk0p2",
  fstype: "ext4",
  label: "rootfs",
  uuid: "c",
  readOnly: false,
};
const sda1: BlockDevice = {
  path: "/dev/sda1",
  name: "sda1",
  parent: "sda",
  fstype: "ext4",
  label: "btsync",
  uuid,
  readOnly: false,
};
const sdb1: BlockDevice = { ...sda1, path: "/dev/sdb1", name: "sdb1", parent: "sdb", uuid: other };
const root: Mount = { device: "/dev/mmcblk0p2", target: "/", fstype: "ext4", options: ["rw"] };
const mounted: Mount = {
  device: "/dev/sda1",
  target: "/media/btsync",
  fstype: "ext4",
  options: ["rw", "noatime"],
};

function facts(input: { devices: readonly BlockDevice[]; mounts?: readonly Mount[]; pin?: string }): Facts {
  return factsWith({
    blockDevices: { kind: "value", value: [card, ...input.devices] },
    mounts: { kind: "value", value: [root, ...(input.mounts ?? [])] },
    ...(input.pin === undefined
      ? {}
      : {
          provisioned: {
            kind: "value",
            value: { version: 1, node: "mom", uuid: input.pin, mount: "/media/btsync" },
          },
        }),
  });
}

describe("which disk is the node's", () => {
  test("none, when no device has the label", () => {
    expect(diskOf(facts({ devices: [] }), mom)).toEqual({ kind: "absent" });
    expect(diskOf(facts({ devices: [{ ...sda1, label: "BTSYNC" }] }), mom)).toEqual({ kind: "absent" });
  });

  test("the one with the label", () => {
    expect(diskOf(facts({ devices: [sda1] }), mom)).toEqual({
      kind: "present",
      device: "/dev/sda1",
      uuid,
      fstype: "ext4",
      readOnly: false,
      mounted: undefined,
      elsewhere: [],
    });
  });

  test("the pinned one, although it was given another label", () => {
    const devices = [{ ...sda1, label: "photos" }];
    expect(diskOf(facts({ devices, pin: uuid.toUpperCase() }), mom)).toMatchObject({ kind: "present", uuid });
    expect(diskOf(facts({ devices }), mom)).toEqual({ kind: "absent" });
  });

  test("a stranger with the label is present with its own UUID, for the caller to compare", () => {
    expect(diskOf(facts({ devices: [sdb1], pin: uuid }), mom)).toMatchObject({
      kind: "present",
      uuid: other,
    });
  });

  test("ambiguous, when two carry the label", () => {
    expect(diskOf(facts({ devices: [sda1, sdb1] }), mom)).toEqual({
      kind: "ambiguous",
      devices: ["/dev/sda1", "/dev/sdb1"],
      pinned: undefined,
    });
  });

  test("ambiguous, and the pinned one named first, when a second disk has the label", () => {
    const state = diskOf(facts({ devices: [sda1, sdb1], pin: other }), mom);
    expect(state).toMatchObject({
      kind: "ambiguous",
      devices: ["/dev/sdb1", "/dev/sda1"],
      pinned: { kind: "present", device: "/dev/sdb1" },
    });
  });

  test("ambiguous, when a copy of the disk has its UUID under another label", () => {
    const copy = { ...sdb1, uuid, label: "copy" };
    expect(diskOf(facts({ devices: [sda1, copy], pin: uuid }), mom)).toEqual({
      kind: "ambiguous",
      devices: ["/dev/sda1", "/dev/sdb1"],
      pinned: undefined,
    });
    expect(diskOf(facts({ devices: [sda1, copy] }), mom).kind).toBe("ambiguous");
  });

  test("the array, not its members", () => {
    const member = { ...sda1, fstype: "linux_raid_member" };
    const array = { ...sdb1, path: "/dev/md0", name: "md0" };
    expect(diskOf(facts({ devices: [member, array] }), mom)).toMatchObject({
      kind: "present",
      device: "/dev/md0",
    });
  });
});

describe("where it is mounted", () => {
  test("at the mount point", () => {
    expect(diskOf(facts({ devices: [sda1], mounts: [mounted] }), mom)).toMatchObject({
      mounted: { target: "/media/btsync", options: ["rw", "noatime"], readOnly: false },
      elsewhere: [],
    });
  });

  test.each([["ro"], ["emergency_ro"], ["shutdown"]])("read-only, when the options say %s", (option) => {
    const mounts = [{ ...mounted, options: [option, "noatime"] }];
    expect(diskOf(facts({ devices: [sda1], mounts }), mom)).toMatchObject({ mounted: { readOnly: true } });
  });

  test("elsewhere, when an automounter was faster", () => {
    const mounts = [{ ...mounted, target: "/media/btsync1" }];
    expect(diskOf(facts({ devices: [sda1], mounts }), mom)).toMatchObject({
      mounted: undefined,
      elsewhere: ["/media/btsync1"],
    });
  });

  test("not elsewhere, when a folder of it is bound to another place", () => {
    const bound = { ...mounted, target: "/srv/photos", part: "/btsync/photos" };
    expect(diskOf(facts({ devices: [sda1], mounts: [mounted, bound] }), mom)).toMatchObject({
      elsewhere: [],
    });
  });

  test("not at the mount point, when only a folder of it is bound there", () => {
    const mounts = [{ ...mounted, part: "/btsync" }];
    expect(diskOf(facts({ devices: [sda1], mounts }), mom)).toMatchObject({ mounted: undefined });
  });

  test("not at the mount point, when another disk is mounted over it", () => {
    const over = { ...mounted, device: "/dev/sdc1" };
    expect(diskOf(facts({ devices: [sda1], mounts: [mounted, over] }), mom)).toMatchObject({
      mounted: undefined,
    });
  });

  test("not at the mount point, when only an automount waits there", () => {
    const waits = { device: "systemd-1", target: "/media/btsync", fstype: "autofs", options: ["rw"] };
    expect(diskOf(facts({ devices: [sda1], mounts: [waits] }), mom)).toMatchObject({ mounted: undefined });
    expect(diskOf(facts({ devices: [sda1], mounts: [waits, mounted] }), mom)).toMatchObject({
      mounted: { readOnly: false },
    });
  });

  test("the dead mount of a disk that came back as another device is not it", () => {
    const back = { ...sda1, path: "/dev/sdb1", name: "sdb1" };
    expect(diskOf(facts({ devices: [back], mounts: [mounted] }), mom)).toMatchObject({
      device: "/dev/sdb1",
      mounted: undefined,
      elsewhere: [],
    });
  });

  test("a mount by a link of udev is known as its device", () => {
    const mounts = [{ ...mounted, device: `/dev/disk/by-uuid/${uuid}` }];
    expect(diskOf(facts({ devices: [sda1], mounts }), mom)).toMatchObject({ mounted: { readOnly: false } });
  });

  test("a write-protected device is read-only itself", () => {
    expect(diskOf(facts({ devices: [{ ...sda1, readOnly: true }] }), mom)).toMatchObject({ readOnly: true });
  });
});

describe("what cannot be told is an error, not absent", () => {
  const refusal = expect.objectContaining({ code: "E-FACTS-INCOMPLETE", node: "mom" });

  test("the block devices", () => {
    const failed = factsWith({ blockDevices: { kind: "failed", reason: "no /proc/partitions" } });
    expect(() => diskOf(failed, mom)).toThrow(refusal);
  });

  test("the labels of all of them", () => {
    const blind = factsWith({
      mounts: { kind: "value", value: [root] },
      blockDevices: { kind: "value", value: [{ path: "/dev/sda1", name: "sda1", readOnly: false }] },
    });
    expect(() => diskOf(blind, mom)).toThrow(refusal);
  });

  test("the UUID of the one with the label", () => {
    const { uuid: _, ...nameless } = sda1;
    expect(() => diskOf(facts({ devices: [nameless] }), mom)).toThrow(refusal);
  });

  test("the mounts", () => {
    const failed: Facts = { ...facts({ devices: [sda1] }), mounts: { kind: "failed", reason: "?" } };
    expect(() => diskOf(failed, mom)).toThrow(refusal);
  });

  test("the pin", () => {
    const failed: Facts = {
      ...facts({ devices: [sda1] }),
      provisioned: { kind: "failed", reason: "not a whole node.conf" },
    };
    expect(() => diskOf(failed, mom)).toThrow(refusal);
  });

  test("a node without any disk at all has no disk", () => {
    const netboot = factsWith({
      mounts: { kind: "value", value: [root] },
      blockDevices: { kind: "value", value: [{ path: "/dev/zram0", name: "zram0", readOnly: false }] },
    });
    expect(diskOf(netboot, mom)).toEqual({ kind: "absent" });
  });
});
