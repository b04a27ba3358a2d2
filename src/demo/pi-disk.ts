import { join } from "node:path";
import type { DiskOptions, FileOptions } from "./pi-options.ts";

export type Write = (path: string, content: FileOptions) => void;

/** The record of a USB disk and its files; the disk is not plugged by this. */
export function writeDisk(write: Write, disk: DiskOptions): void {
  const name = disk.device.replace(/^\/dev\//, "");
  const parent = name.replace(/\d+$/, "");
  const blank = disk.blank === true;
  const fstype = blank ? "" : (disk.fstype ?? "ext4");
  const folder = join(".sim/disks", name);
  const partuuid = `${disk.uuid.slice(0, 8).toLowerCase()}-01`;
  writeRecord(write, name, {
    device: disk.device,
    parent,
    label: blank ? "" : disk.label,
    uuid: blank ? "" : disk.uuid,
    partuuid: blank ? "" : partuuid,
    fstype,
    type: "partition",
    bytes: disk.bytes,
    used: disk.used ?? 0,
    // ext4 keeps 5 % for root
    reserved: /^ext[234]$/.test(fstype) ? Math.floor(disk.bytes / 20) : 0,
    readonly: disk.readOnly === true ? "yes" : "no",
    // The partition table: a blank disk has none, and its partition is not there yet
    table: blank ? "none" : "dos",
    ptuuid: blank ? "" : partuuid.slice(0, 8),
    partname: "",
  });
  const of = { name, parent, disk };
  writeState(write, folder, { ...of, partitions: blank ? 0 : 1, fstype });
  // What sfdisk leaves: one partition without a file system
  writeState(write, join(folder, "formatted"), { ...of, partitions: 1, fstype: "" });
  write(
    join(folder, "kernel-log"),
    [
      "usb 1-1.2: new high-speed USB device number 4 using xhci_hcd",
      `sd 0:0:0:0: [${parent}] ${Math.floor((disk.bytes + frame) / 512)} 512-byte logical blocks`,
      `sd 0:0:0:0: [${parent}] Attached SCSI disk`,
      "",
    ].join("\n"),
  );
  write(join(folder, "files"), null);
  if (/^ext[234]$/.test(fstype)) write(join(folder, "files/lost+found"), null);
  for (const [path, content] of Object.entries(disk.files ?? {})) write(join(folder, "files", path), content);
}

/** Bytes of the disk around its partition. */
const frame = 1_048_576;

interface State {
  readonly name: string;
  readonly parent: string;
  readonly disk: DiskOptions;
  readonly partitions: 0 | 1;
  readonly fstype: string;
}

/** How the kernel, lsblk and /sys show a disk. */
function writeState(write: Write, folder: string, of: State): void {
  const { name, parent, disk, fstype } = of;
  const whole = disk.bytes + frame;
  const readOnly = disk.readOnly === true ? 1 : 0;
  const part = {
    NAME: name,
    PKNAME: parent,
    TYPE: "part",
    SIZE: disk.bytes,
    FSTYPE: fstype,
    LABEL: fstype === "" ? "" : disk.label,
    UUID: fstype === "" ? "" : disk.uuid,
    RM: 0,
    RO: readOnly,
    HOTPLUG: 1,
    ROTA: 1,
  };
  write(
    join(folder, "block"),
    blockTable([
      {
        NAME: parent,
        TYPE: "disk",
        SIZE: whole,
        RM: 0,
        RO: readOnly,
        HOTPLUG: 1,
        ROTA: 1,
        TRAN: "usb",
        MODEL: "Elements 2621",
        VENDOR: "WD      ",
        SERIAL: serialOf(disk),
      },
      ...(of.partitions === 1 ? [part] : []),
    ]),
  );
  const [kib, wholeKib] = [Math.floor(disk.bytes / 1024), Math.floor(whole / 1024)];
  const minor = minorOf(parent);
  write(
    join(folder, "partitions"),
    `   8 ${String(minor).padStart(8)} ${wholeKib} ${parent}\n${of.partitions === 1 ? `   8 ${String(minor + 1).padStart(8)} ${kib} ${name}\n` : ""}`,
  );
  writeSysfs(write, join(folder, "sys"), of);
}

/** sda, sdb … have 16 numbers each. */
function minorOf(parent: string): number {
  return (parent.charCodeAt(parent.length - 1) - "a".charCodeAt(0)) * 16;
}

function serialOf(disk: DiskOptions): string {
  return `WX${disk.uuid.replaceAll("-", "").slice(0, 10).toUpperCase()}`;
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
    table: "dos",
    ptuuid: "8a676486",
    partname: "",
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
    table: "dos",
    ptuuid: "8a676486",
    partname: "",
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
  writeCardSysfs(write, disk.SIZE, [bootBytes, card.bytes]);
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

function writeCardSysfs(write: Write, bytes: number, parts: readonly number[]): void {
  const top = "sys/block/mmcblk0";
  const card = "sys/devices/platform/mmc_host/mmc0/mmc0:aaaa";
  const files: Record<string, string> = {
    [`${card}/name`]: "SC32G\n",
    [`${card}/serial`]: "0x0a1b2c3d\n",
    [`${top}/dev`]: "179:0\n",
    [`${top}/size`]: `${Math.floor(bytes / 512)}\n`,
    [`${top}/ro`]: "0\n",
  };
  parts.forEach((size, index) => {
    const part = `${top}/mmcblk0p${index + 1}`;
    files[`${part}/partition`] = `${index + 1}\n`;
    files[`${part}/dev`] = `179:${index + 1}\n`;
    files[`${part}/size`] = `${Math.floor(size / 512)}\n`;
    files[`${part}/ro`] = "0\n";
    write(`sys/class/block/mmcblk0p${index + 1}`, { link: `../../block/mmcblk0/mmcblk0p${index + 1}` });
  });
  for (const [path, text] of Object.entries(files)) write(path, text);
  write(`${top}/device`, { link: "../../devices/platform/mmc_host/mmc0/mmc0:aaaa" });
  write("sys/class/block/mmcblk0", { link: "../../block/mmcblk0" });
}

function writeSysfs(write: Write, folder: string, of: State): void {
  const { name, parent, disk } = of;
  const readOnly = disk.readOnly === true ? "1\n" : "0\n";
  const minor = minorOf(parent);
  const usb = `devices/platform/usb1/1-1/1-1.${minor / 16 + 1}`;
  const scsi = `${usb}/1-1.${minor / 16 + 1}:1.0/host${minor / 16}/target0:0:0/0:0:0:0`;
  const files: Record<string, string> = {
    [`${usb}/idVendor`]: "1058\n",
    [`${usb}/manufacturer`]: "Western Digital\n",
    [`${usb}/product`]: "Elements 2621\n",
    [`${usb}/serial`]: `${serialOf(disk)}\n`,
    [`${usb}/remove`]: "",
    [`${scsi}/vendor`]: "WD      \n",
    [`${scsi}/model`]: "Elements 2621   \n",
    [`${scsi}/delete`]: "",
    [`block/${parent}/dev`]: `8:${minor}\n`,
    [`block/${parent}/size`]: `${Math.floor((disk.bytes + frame) / 512)}\n`,
    [`block/${parent}/removable`]: "0\n",
    [`block/${parent}/ro`]: readOnly,
  };
  if (of.partitions === 1) {
    files[`block/${parent}/${name}/partition`] = "1\n";
    files[`block/${parent}/${name}/dev`] = `8:${minor + 1}\n`;
    files[`block/${parent}/${name}/size`] = `${Math.floor(disk.bytes / 512)}\n`;
    files[`block/${parent}/${name}/ro`] = readOnly;
    write(join(folder, "class/block", name), { link: `../../block/${parent}/${name}` });
  }
  for (const [path, text] of Object.entries(files)) write(join(folder, path), text);
  write(join(folder, `block/${parent}/device`), { link: `../../${scsi}` });
  write(join(folder, "class/block", parent), { link: `../../block/${parent}` });
  if (/^ext[234]$/.test(of.fstype)) {
    write(join(folder, "fs/ext4", name, "errors_count"), "0\n");
    write(join(folder, "fs/ext4", name, "lifetime_write_kbytes"), "1903845120\n");
  }
}
