import { describe, expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import type { BlockDevice } from "../../src/facts/block-devices.ts";
import type { Facts } from "../../src/facts/facts.ts";
import type { MountPoint } from "../../src/facts/mount-point.ts";
import type { Mount } from "../../src/facts/mounts.ts";
import { measure } from "../../src/health/measure.ts";
import { judge } from "../../src/health/problems.ts";
import { planUnmounts } from "../../src/provision/automounters.ts";
import { guardDisk, guardInspection, guardRoom } from "../../src/provision/guard.ts";
import type { Inspection } from "../../src/provision/inspection.ts";
import { twinNotices } from "../../src/provision/twins.ts";
import { factsWith, mom } from "../facts/mom.ts";

const uuid = "2f6c1c8e-0000-4000-8000-000000000001";
const other = "2f6c1c8e-0000-4000-8000-000000000002";
const partUuid = "0f1e2d3c-01";
const node = { ...mom, swap: false } as const;

const card: BlockDevice = {
  path: "/dev/mmcblk0p2",
  name: "mmcblk0p2",
  fstype: "ext4",
  uuid: "c0",
  readOnly: false,
};
const own: BlockDevice = {
  path: "/dev/sda1",
  name: "sda1",
  fstype: "ext4",
  label: "btsync",
  uuid,
  partUuid,
  readOnly: false,
};
const root: Mount = { device: "/dev/mmcblk0p2", target: "/", fstype: "ext4", options: ["rw"] };
const here: Mount = { device: "/dev/sda1", target: "/media/btsync", fstype: "ext4", options: ["rw"] };
const pin = { version: 1, node: "mom", uuid, mount: "/media/btsync", partUuid };
const place: MountPoint = { hidden: undefined, twins: [], identity: { uuid, node: "mom" } };

interface Situation {
  readonly devices?: readonly BlockDevice[];
  readonly mounts?: readonly Mount[];
  readonly pin?: Partial<typeof pin> | null;
  readonly place?: Partial<MountPoint>;
  /** KiB free on the disk. */
  readonly free?: number;
  readonly inspection?: Partial<Inspection>;
}

function factsOf(situation: Situation): Facts {
  const { devices = [own], mounts = [here], free = 50_000_000 } = situation;
  const pinned = situation.pin === null ? undefined : { ...pin, ...situation.pin };
  const space = { device: "/dev/sda1", bytes: 1e12, used: 1e12 - free * 1024, available: free * 1024 };
  return factsWith({
    blockDevices: { kind: "value", value: [card, ...devices] },
    mounts: { kind: "value", value: [root, ...mounts] },
    provisioned: pinned === undefined ? { kind: "absent" } : { kind: "value", value: pinned },
    mountPoint: { kind: "value", value: { ...place, ...situation.place } },
    diskSpace: { kind: "value", value: [{ target: "/media/btsync", ...space }] },
  });
}

/** What status says of the disk: the state word, then `CODE: message` of each problem that is about it. */
function statusOf(situation: Situation): { state: string; said: string } {
  const measurement = measure(factsOf(situation), node, { at: 0, address: "mom", clockOffset: 0 });
  const counted = measurement.disk.state === "ready" || measurement.disk.state === "read-only";
  const counts = {
    files: 1,
    bytes: 1,
    folders: 0,
    symlinks: 0,
    specials: 0,
    inFlight: 0,
    unreadable: 0,
    newest: null,
  };
  const verdict = judge({
    name: "mom",
    measurement: { ...measurement, counts: counted ? counts : null },
    wanted: { swap: false, engine: false },
    engineTitle: "Syncthing",
    family: [{ name: "mom", engine: "syncthing" }],
    tree: "/media/btsync/btsync",
    reference: { files: 1, bytes: 1 },
    before: undefined,
    countError: undefined,
    pausedByUs: false,
    ssh: (command) => `ssh mom ${command}`,
  });
  return {
    state: verdict.state,
    said: verdict.problems.map(({ code, message }) => `${code}: ${message}`).join("\n"),
  };
}

/** How provision refuses, or what it notes and does. */
function provisionOf(situation: Situation): string {
  const facts = factsOf(situation);
  const seen: Inspection = {
    files: new Map(),
    under: "immutable",
    bare: undefined,
    hidden: { count: 0, names: [] },
    disk: { kind: "mounted" },
    space: { total: 1e12, free: (situation.free ?? 50_000_000) * 1024 },
    swapFile: undefined,
    swapLeft: 0,
    partUuid,
    deviceLinks: [],
    swapOff: "",
    links: new Map(),
    units: new Map(),
    runs: [],
    panicSeconds: 10,
    ...situation.inspection,
  };
  try {
    const disk = guardDisk(facts, node);
    guardInspection(node, disk, seen, { moveHidden: false });
    guardRoom(node, 0, seen);
    return [
      ...twinNotices(node, facts).map(({ message }) => message),
      ...planUnmounts(node, disk).map(({ what, why }) => `${what}: ${why}`),
    ].join("\n");
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    return `${error.code}: ${error.message}${error.exitCode === 5 && error.hint !== undefined ? "" : " (exit code or hint is wrong)"}`;
  }
}

const stranger = { ...own, uuid: other, partUuid: "99999999-01" };

describe("status and provision name the exact situation of", () => {
  test.each<[string, Situation, string, string, string]>([
    [
      "another disk with the same label",
      { devices: [stranger] },
      "disk-absent",
      "E-DISK-WRONG: the disk labelled btsync (/dev/sda1) is not its own, but another disk with the same label",
      "is not the pinned one (UUID 2f6c1c8e-0000-4000-8000-000000000001): another disk with the same label",
    ],
    [
      "the right disk with a new file system",
      { devices: [{ ...own, uuid: other }], mounts: [] },
      "disk-absent",
      "E-DISK-WRONG: the disk labelled btsync (/dev/sda1) is not its own, but the right disk with a new file system on it: somebody has formatted it",
      "the right disk with a new file system on it",
    ],
    [
      "one of the two, where nobody knows its partition",
      { devices: [{ ...own, uuid: other }], mounts: [], pin: { partUuid: undefined as never } },
      "disk-absent",
      "another disk with the same label, or the right one formatted anew",
      "another disk with the same label, or the right one formatted anew",
    ],
    [
      "two disks with the label, the right one not mounted",
      { devices: [own, { ...stranger, path: "/dev/sdb1", name: "sdb1" }], mounts: [] },
      "disk-absent",
      "E-DISK-AMBIGUOUS: more than one disk is labelled btsync (/dev/sda1, /dev/sdb1)",
      "E-DISK-AMBIGUOUS: several disks are labelled btsync: /dev/sda1, /dev/sdb1",
    ],
    [
      "two disks with the label, the right one in use",
      { devices: [own, { ...stranger, path: "/dev/sdb1", name: "sdb1" }] },
      "degraded",
      "E-DISK-AMBIGUOUS: the right disk is in use, but /dev/sdb1 looks the same",
      "E-DISK-AMBIGUOUS: several disks are labelled btsync: /dev/sda1, /dev/sdb1",
    ],
    [
      "a disk that is mounted read-only",
      { mounts: [{ ...here, options: ["ro"] }] },
      "degraded",
      "E-DISK-READ-ONLY: its disk (/dev/sda1) is read-only",
      "E-DISK-READ-ONLY: /dev/sda1 is read-only",
    ],
    [
      "a write-protected disk",
      { devices: [{ ...own, readOnly: true }] },
      "degraded",
      "E-DISK-READ-ONLY: its disk (/dev/sda1) is read-only",
      "E-DISK-READ-ONLY: /dev/sda1 is read-only",
    ],
    [
      "a write-protected disk that could not even be checked, and so is not mounted",
      { devices: [{ ...own, readOnly: true }], mounts: [] },
      "disk-absent",
      "E-DISK-NOT-MOUNTED: its disk (/dev/sda1) is plugged in, but not mounted at /media/btsync (it is write-protected",
      "E-DISK-READ-ONLY: /dev/sda1 is read-only",
    ],
    [
      "a full disk",
      { free: 900 },
      "degraded",
      "W-DISK-FULL: its disk is full (900 KiB free): its engine does not start any more",
      "E-DISK-FULL: the disk is full: 900 KiB free, and the engine does not start with less than 16.0 MiB",
    ],
    [
      "a disk without its identity file, which provision writes anew",
      { place: { identity: undefined } },
      "degraded",
      "W-NO-IDENTITY: its disk has the right UUID, but no identity file: its engine does not start",
      "",
    ],
    [
      "the disk of another home",
      {
        place: { identity: { uuid, node: "grandma" } },
        inspection: { files: new Map([["/media/btsync/.pimesh/identity", identity(uuid, "grandma")]]) },
      },
      "disk-absent",
      "E-DISK-WRONG: its disk (/dev/sda1) carries the identity file of grandma: it is the disk of another home, or a copy of it",
      "E-DISK-WRONG: /dev/sda1 is the disk of grandma",
    ],
    [
      "a copy of another disk",
      {
        place: { identity: { uuid: other, node: "mom" } },
        inspection: { files: new Map([["/media/btsync/.pimesh/identity", identity(other, "mom")]]) },
      },
      "disk-absent",
      "E-DISK-WRONG: its disk (/dev/sda1) carries the identity file of another disk: it is a copy",
      `E-DISK-WRONG: /dev/sda1 carries the identity of another file system (UUID ${other}`,
    ],
    [
      "a FAT disk with the label on a plain node",
      { devices: [{ ...own, fstype: "vfat", uuid: "AAAA-0001" }], mounts: [], pin: null },
      "unprovisioned",
      "E-DISK-NOT-EXT4: its disk (/dev/sda1) is vfat, not ext4, and is not mounted at /media/btsync",
      "E-DISK-NOT-EXT4: /dev/sda1 is vfat, not ext4",
    ],
    [
      "a FAT disk with the label in place of the right one",
      { devices: [{ ...stranger, fstype: "vfat", uuid: "AAAA-0001" }], mounts: [] },
      "disk-absent",
      "E-DISK-WRONG: the disk labelled btsync (/dev/sda1, vfat) is not its own, but another disk",
      "E-DISK-WRONG: the disk labelled btsync (/dev/sda1, vfat, UUID AAAA-0001) is not the pinned one",
    ],
    [
      "a disk that an automounter has taken",
      { mounts: [{ ...here, target: "/media/btsync1" }], place: { hidden: 0, identity: undefined } },
      "disk-absent",
      "E-DISK-ELSEWHERE: its disk (/dev/sda1) is mounted at /media/btsync1 instead of /media/btsync: an automounter took it",
      "unmount /media/btsync1: somebody else has mounted the disk there",
    ],
    [
      "files hidden under the mount point",
      {
        mounts: [],
        place: { hidden: 2 },
        inspection: { hidden: { count: 2, names: ["swapfile", "photos"] } },
      },
      "disk-absent",
      "E-HIDDEN-FILES: 2 files or folders on its SD card, in /media/btsync, where its disk belongs",
      "E-HIDDEN-FILES: 2 files or folders lie on the SD card under the mount point /media/btsync: swapfile, photos",
    ],
    [
      "a folder /media/btsync1 that an automounter has left",
      { place: { twins: ["/media/btsync1"] } },
      "degraded",
      "W-TWIN-FOLDER: there is /media/btsync1, which an automounter has made beside /media/btsync",
      "/media/btsync1 is there, left by an automounter",
    ],
    [
      "no disk at all",
      { devices: [], mounts: [] },
      "disk-absent",
      `E-DISK-ABSENT: its disk is not there: no disk labelled btsync with UUID ${uuid} is plugged in`,
      "E-DISK-ABSENT: no disk labelled btsync is plugged in",
    ],
    [
      "something else at the mount point",
      {
        mounts: [{ device: "/dev/sdc1", target: "/media/btsync", fstype: "ext4", options: ["rw"] }],
        place: { identity: undefined },
      },
      "disk-absent",
      "E-MOUNT-POINT-TAKEN: its disk (/dev/sda1) is plugged in, but something else is mounted at /media/btsync: /dev/sdc1",
      "E-MOUNT-POINT-TAKEN: something else is mounted at /media/btsync: /dev/sdc1",
    ],
  ])("%s", (_, situation, state, status, provision) => {
    const told = statusOf(situation);
    expect(told.said).toContain(status);
    expect(told.state).toBe(state);
    const refused = provisionOf(situation);
    expect(refused).toContain(provision);
    expect(refused).not.toContain("is wrong)");
  });

  test("the right disk in its place: nothing", () => {
    expect(statusOf({})).toEqual({ state: "ok", said: "" });
    expect(provisionOf({})).toBe("");
  });
});

function identity(of: string, name: string) {
  const bytes = Buffer.from(`uuid=${of}\nnode=${name}\n`);
  return { kind: "file", mode: "644", owner: "0:0", bytes, sum: "" } as const;
}
