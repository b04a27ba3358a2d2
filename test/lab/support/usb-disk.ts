import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFile, truncate, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A USB disk: a file on this machine. */
export interface UsbDisk {
  /** QEMU's name for it. */
  readonly id: string;
  readonly file: string;
  readonly serial: string;
  /** Of its file system; undefined when it has none. */
  readonly uuid: string | undefined;
  /** Write-protected, as by a switch on its case. */
  readonly readOnly?: boolean;
}

export interface DiskOptions {
  readonly folder: string;
  /** Default 2 GiB, sparse. */
  readonly bytes?: number;
  readonly label?: string;
  /** `none`: nothing on it at all. */
  readonly fs?: "ext4" | "vfat" | "none";
  /** One partition, as people have it; else the file system lies on the whole disk. */
  readonly partitioned?: boolean;
  readonly uuid?: string;
}

const sector = 512;
const start = 2048;

/** Makes a disk, as a person would have formatted it: ext4 with the label btsync in one partition, unless told otherwise. */
export async function makeDisk(options: DiskOptions): Promise<UsbDisk> {
  const { folder, bytes = 2 * 1024 ** 3, label = "btsync", fs = "ext4", partitioned = true } = options;
  // A saved machine brings disks of another process: no name may come twice
  const id = `disk-${randomUUID().slice(0, 8)}`;
  const file = `${folder}/${id}.img`;
  const uuid = fs === "none" ? undefined : fs === "vfat" ? "1234-ABCD" : (options.uuid ?? randomUUID());
  await writeFile(file, "");
  await truncate(file, bytes);
  const offset = partitioned ? start * sector : 0;
  if (partitioned && fs !== "none") {
    const type = fs === "vfat" ? "c" : "83";
    await run("/bin/sh", ["-c", `echo 'start=${start}, type=${type}' | sfdisk -q "$0"`, file]);
  }
  if (fs === "ext4") {
    const size = `${(bytes - offset) / 1024}k`;
    await run("mkfs.ext4", [
      "-q",
      "-F",
      "-L",
      label,
      "-U",
      String(uuid),
      "-E",
      `offset=${offset}`,
      file,
      size,
    ]);
  }
  if (fs === "vfat") {
    const place = partitioned ? ["--offset", String(start)] : [];
    await run("mkfs.vfat", ["-n", label, "-i", "1234ABCD", ...place, file]);
  }
  return { id, file, serial: serialOf(id), uuid };
}

/** A copy of its bytes as they are: what `dd` would make, the same UUID and label included. */
export async function cloneDisk(disk: UsbDisk, folder: string): Promise<UsbDisk> {
  // A saved machine brings disks of another process: no name may come twice
  const id = `disk-${randomUUID().slice(0, 8)}`;
  const file = `${folder}/${id}.img`;
  await copySparse(disk.file, file);
  return { ...disk, id, file, serial: serialOf(id) };
}

export async function copySparse(from: string, to: string): Promise<void> {
  await run("cp", ["--sparse=always", "--reflink=auto", from, to]).catch(() => copyFile(from, to));
}

function serialOf(id: string): string {
  return id.replace("disk-", "LAB").toUpperCase();
}
