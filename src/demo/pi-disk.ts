import { join } from "node:path";
import type { DiskOptions, FileOptions } from "./pi-options.ts";

export type Write = (path: string, content: FileOptions) => void;

/** The record of a USB disk and its files; the disk is not plugged by this. */
export function writeDisk(write: Write, disk: DiskOptions): void {
  const name = disk.device.replace(/^\/dev\//, "");
  const parent = name.replace(/\d+$/, "");
  const fstype = disk.fstype ?? "ext4";
  const folder = join(".sim/disks", name);
  writeRecord(write, name, {
    device: disk.device,
    parent,
    label: disk.label,
    uuid: disk.uuid,
    partuuid: `${disk.uuid.slice(0, 8).toLowerCase()}-01`,
    fstype,
    type: "partition",
    bytes: disk.bytes,
    used: disk.used ?? 0,
    // ext4 keeps 5 % for root
    reserved: /^ext[234]$/.test(fstype) ? Math.floor(disk.bytes / 20) : 0,
    readonly: disk.readOnly === true ? "yes" : "no",
  });
  const whole = disk.bytes + 1_048_576;
  write(
    join(folder, "block"),
    blockTable([
      {
        NAME: parent,
        TYPE: "disk",
        SIZE: whole,
        RM: 0,
        RO: disk.readOnly === true ? 1 : 0,
        HOTPLUG: 1,
        ROTA: 1,
        TRAN: "usb",
        MODEL: "Elements 2621",
        VENDOR: "WD      ",
      },
      {
        NAME: name,
        PKNAME: parent,
        TYPE: "part",
        SIZE: disk.bytes,
        FSTYPE: fstype,
        LABEL: disk.label,
        UUID: disk.uuid,
        RM: 0,
        RO: disk.readOnly === true ? 1 : 0,
        HOTPLUG: 1,
        ROTA: 1,
      },
    ]),
  );
  const [kib, wholeKib] = [Math.floor(disk.bytes / 1024), Math.floor(whole / 1024)];
  write(join(folder, "partitions"), `   8        0 ${wholeKib} ${parent}\n   8        1 ${kib} ${name}\n`);
  write(
    join(folder, "kernel-log"),
    [
      "usb 1-1.2: new high-speed USB device number 4 using xhci_hcd",
      `sd 0:0:0:0: [${parent}] ${Math.floor(whole / 512)} 512-byte logical blocks`,
      `sd 0:0:0:0: [${parent}] Attached SCSI disk`,
      "",
    ].join("\n"),
  );
  writeSysfs(write, join(folder, "sys"), { name, parent, disk, fstype });
  write(join(folder, "files"), null);
  if (/^ext[234]$/.test(fstype)) write(join(folder, "files/lost+found"), null);
  for (const [path, content] of Object.entries(disk.files ?? {})) write(join(folder, "files", path), content);
}

/** The SD card: never plugged or pulled. */
export function writeCard(write: Write, card: { bytes: number; used: number; boot: string }): void {
  const bootBytes = 536_870_912;
  writeRecord(write, "mmcblk0p1", {
    device: "/dev/mmcblk0p1",
    parent: "mmcblk0",
    label: "bootfs",
    uuid: "5DE4-665C",
    partuuid: "8a676486-01",
    fstype: "vfat",
    type: "partition",
    bytes: bootBytes,
    used: 91_042_816,
    reserved: 0,
    readonly: "no",
  });
  writeRecord(write, "mmcblk0p2", {
    device: "/dev/mmcblk0p2",
    parent: "mmcblk0",
    label: "rootfs",
    uuid: "56f80fa2-e005-4cca-86e6-19da1069914d",
    partuuid: "8a676486-02",
    fstype: "ext4",
    type: "partition",
    bytes: card.bytes,
    used: card.used,
    reserved: Math.floor(card.bytes / 20),
    readonly: "no",
  });
  const disk = {
    NAME: "mmcblk0",
    TYPE: "disk",
    SIZE: card.bytes + bootBytes + 4_194_304,
    RM: 0,
    RO: 0,
    HOTPLUG: 0,
    ROTA: 0,
    TRAN: "mmc",
  };
  const part = { PKNAME: "mmcblk0", TYPE: "part", RM: 0, RO: 0, HOTPLUG: 0, ROTA: 0 };
  write(
    ".sim/block/mmcblk0",
    blockTable([
      disk,
      {
        NAME: "mmcblk0p1",
        ...part,
        SIZE: bootBytes,
        FSTYPE: "vfat",
        LABEL: "bootfs",
        UUID: "5DE4-665C",
        MOUNTPOINT: card.boot,
      },
      {
        NAME: "mmcblk0p2",
        ...part,
        SIZE: card.bytes,
        FSTYPE: "ext4",
        LABEL: "rootfs",
        UUID: "56f80fa2-e005-4cca-86e6-19da1069914d",
        MOUNTPOINT: "/",
      },
    ]),
  );
  for (const name of ["mmcblk0", "mmcblk0p1", "mmcblk0p2"]) write(join("dev", name), "");
  for (const [name, label, uuid, partuuid] of [
    ["mmcblk0p1", "bootfs", "5DE4-665C", "8a676486-01"],
    ["mmcblk0p2", "rootfs", "56f80fa2-e005-4cca-86e6-19da1069914d", "8a676486-02"],
  ] as const) {
    write(join(".sim/disks", name, "plugged"), "");
    write(join(".sim/disks", name, "block"), "");
    write(join("dev/disk/by-label", label), { link: `../../${name}` });
    write(join("dev/disk/by-uuid", uuid), { link: `../../${name}` });
    write(join("dev/disk/by-partuuid", partuuid), { link: `../../${name}` });
  }
  write("sys/fs/ext4/mmcblk0p2/errors_count", "0\n");
  write("sys/fs/ext4/mmcblk0p2/lifetime_write_kbytes", "61904513\n");
  write("sys/fs/ext4/mmcblk0p2/session_write_kbytes", "412038\n");
  write("sys/class/block/mmcblk0/size", `${Math.floor(disk.SIZE / 512)}\n`);
  write("sys/class/block/mmcblk0/ro", "0\n");
}

function writeRecord(write: Write, name: string, record: Readonly<Record<string, string | number>>): void {
  const lines = Object.entries(record).map(([key, value]) => `${key}\t${value}\n`);
  write(join(".sim/disks", name, "record"), lines.join(""));
}

/** What the lsblk stand-in reads: NAME, column, value. */
function blockTable(devices: readonly Readonly<Record<string, string | number>>[]): string {
  return devices
    .flatMap((device) =>
      Object.entries(device).map(([column, value]) => `${device["NAME"]}\t${column}\t${value}\n`),
    )
    .join("");
}

function writeSysfs(
  write: Write,
  folder: string,
  of: { name: string; parent: string; disk: DiskOptions; fstype: string },
): void {
  const readOnly = of.disk.readOnly === true ? "1\n" : "0\n";
  const files: Record<string, string> = {
    [`block/${of.parent}/size`]: `${Math.floor((of.disk.bytes + 1_048_576) / 512)}\n`,
    [`block/${of.parent}/removable`]: "0\n",
    [`block/${of.parent}/ro`]: readOnly,
    [`block/${of.parent}/device/vendor`]: "WD      \n",
    [`block/${of.parent}/device/model`]: "Elements 2621   \n",
    [`block/${of.parent}/${of.name}/partition`]: "1\n",
    [`block/${of.parent}/${of.name}/size`]: `${Math.floor(of.disk.bytes / 512)}\n`,
    [`block/${of.parent}/${of.name}/ro`]: readOnly,
  };
  for (const [path, text] of Object.entries(files)) write(join(folder, path), text);
  write(join(folder, "class/block", of.parent), { link: `../../block/${of.parent}` });
  write(join(folder, "class/block", of.name), { link: `../../block/${of.parent}/${of.name}` });
  if (/^ext[234]$/.test(of.fstype)) {
    write(join(folder, "fs/ext4", of.name, "errors_count"), "0\n");
    write(join(folder, "fs/ext4", of.name, "lifetime_write_kbytes"), "1903845120\n");
  }
}
