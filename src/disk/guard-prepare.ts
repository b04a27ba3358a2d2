import { formatBytes } from "../core/bytes.ts";
import { PimeshError, type ErrorCode } from "../core/error.ts";
import type { Node } from "../inventory/inventory.ts";
import { contentsOf, type Content } from "./contents.ts";
import type { DeviceLook, Disk } from "./device-look.ts";
import { roleInSystem } from "./system-disk.ts";

export interface PrepareRequest {
  readonly node: Node;
  /** As typed: `/dev/sda`. */
  readonly device: string;
  /** What `--erase-data` names. */
  readonly eraseData: readonly string[];
  /** UUID of the disk that the node is pinned to. */
  readonly pinned: string | undefined;
  /** Loop devices are disks too: for tests, which have no other disk that may be erased. */
  readonly loopDevices: "refuse" | "allow";
}

/** Below this no tree, no swap file and no reserve fit. */
const smallestDisk = 1024 * 1024 * 1024;

/**
 * The disk that may be erased, or a refusal that names the exact situation. Errors: E-DISK-ABSENT, E-NOT-A-DISK,
 * E-TOOL-MISSING, E-DISK-SYSTEM, E-DISK-IN-USE, E-DISK-READ-ONLY, E-DISK-TOO-SMALL, E-DISK-WRONG, E-DISK-HAS-DATA.
 */
export function guardPrepare(look: DeviceLook, request: PrepareRequest): Disk {
  const disk = guardKind(look, request);
  guardTools(look, request);
  guardSystem(look, disk, request);
  guardMounts(look, disk, request);
  guardMedium(disk, request);
  guardData(disk, request);
  return disk;
}

/** What `--erase-data` has to name and does not, in the order of the disk. */
function unnamed(disk: Disk, eraseData: readonly string[]): readonly Content[] {
  const named = new Set(eraseData.map((key) => key.toLowerCase()));
  return contentsOf(disk).filter(({ key }) => !named.has(key.toLowerCase()));
}

/** In words: `/dev/sda1: ext4 file system "btsync", 412 GiB of files (btsync, photos …)`. */
export function contentText(content: Content): string {
  const { volume, what, label } = content;
  const name = label === undefined ? "" : ` "${label}"`;
  return `${volume.path}: ${what}${name}${holdsText(volume.holds)}`;
}

/** Whose disk it is, as far as an identity file or the pin tells; a plain sentence, or nothing. */
export function ownerText(disk: Disk, node: Node, pinned: string | undefined): string | undefined {
  for (const { volume, key } of contentsOf(disk)) {
    const isPinned = pinned !== undefined && key.toLowerCase() === pinned.toLowerCase();
    const owner = volume.identity?.node ?? (isPinned ? node.name : undefined);
    if (owner === undefined) continue;
    const { holds } = volume;
    if (holds !== undefined && namesOf(holds).length === 0) {
      return `this is the disk of ${owner}, without a file so far`;
    }
    const much = holds === undefined ? "" : `${formatBytes(holds.usedBytes)} of `;
    return `this is the disk of ${owner}: it holds ${much}the family's files`;
  }
  return undefined;
}

function holdsText(holds: Content["volume"]["holds"]): string {
  if (holds === undefined) return "";
  const names = namesOf(holds);
  if (names.length === 0) return ", no files";
  const few = names.slice(0, 5).join(", ");
  return `, ${formatBytes(holds.usedBytes)} in use (${few}${names.length > 5 ? " …" : ""})`;
}

/** What stands at the top of a file system beside what every data disk has. */
function namesOf(holds: NonNullable<Content["volume"]["holds"]>): readonly string[] {
  return holds.names.filter((name) => name !== "lost+found" && name !== ".pimesh");
}

function guardKind(look: DeviceLook, request: PrepareRequest): Disk {
  const { node, device } = request;
  const { state, disk } = look;
  const list = `see which disks there are: ssh ${node.name} lsblk -o NAME,SIZE,MODEL,FSTYPE,LABEL`;
  if (state === "absent") {
    throw refusal(
      node,
      "E-DISK-ABSENT",
      `there is no ${device}: it is not plugged in, or has another name`,
      list,
    );
  }
  if (state === "no-block" || disk === undefined) {
    throw refusal(node, "E-NOT-A-DISK", `${device} is no block device`, list);
  }
  if (state === "partition") {
    guardSystem(look, disk, request);
    throw refusal(
      node,
      "E-NOT-A-DISK",
      `${device} is a partition of ${disk.path}; the whole disk gets one new partition`,
      `if all of ${disk.path} may be erased: pimesh disk prepare ${node.name} --device ${disk.path}`,
    );
  }
  if (state === "virtual" && !(request.loopDevices === "allow" && disk.name.startsWith("loop"))) {
    throw refusal(
      node,
      "E-NOT-A-DISK",
      `${device} is no disk but made by the kernel (loop, zram, RAID, LVM …)`,
      list,
    );
  }
  if (state === "disk" && !disks.test(disk.name)) {
    throw refusal(node, "E-NOT-A-DISK", `${device} is not a kind of disk that pimesh prepares`, list);
  }
  return disk;
}

/** USB and SATA, NVMe, memory cards (not their boot areas), virtio. */
const disks = /^(sd[a-z]+|nvme\d+n\d+|mmcblk\d+|vd[a-z]+)$/;

/** The Debian packages of the tools; everywhere else they are called alike. */
const packages: Readonly<Record<string, string>> = {
  sfdisk: "fdisk",
  "mkfs.ext4": "e2fsprogs",
  e2fsck: "e2fsprogs",
  e2label: "e2fsprogs",
  sha256sum: "coreutils",
};

function guardTools(look: DeviceLook, { node }: PrepareRequest): void {
  if (look.missing.length === 0) return;
  const old = look.missing.includes("sfdisk-2.28");
  if (old && look.missing.length === 1) {
    throw new PimeshError(
      "E-TOOL-MISSING",
      "its sfdisk is older than 2.28, which is the first that wipes old signatures",
      {
        node: node.name,
        hint: "prepare the disk on a node with a newer system, and bring it here",
      },
    );
  }
  const tools = look.missing.filter((tool) => tool !== "sfdisk-2.28");
  const wanted = [...new Set(tools.map((tool) => packages[tool] ?? "util-linux"))];
  throw new PimeshError("E-TOOL-MISSING", `it lacks ${tools.join(", ")}`, {
    node: node.name,
    hint: `ssh ${node.name} sudo apt install ${wanted.join(" ")}; where there is no apt, prepare the disk on another node`,
  });
}

function guardSystem(look: DeviceLook, disk: Disk, { node }: PrepareRequest): void {
  const role = roleInSystem(look, disk);
  if (role !== undefined) {
    throw refusal(
      node,
      "E-DISK-SYSTEM",
      `${disk.path} belongs to the running system: ${role}`,
      "name another disk; this one is never erased while the system needs it",
    );
  }
}

function guardMounts(look: DeviceLook, disk: Disk, { node, device }: PrepareRequest): void {
  const mounts = look.uses.flatMap((use) => (use.kind === "mount" ? [use] : []));
  if (mounts.length === 0) return;
  const own = mounts.some(({ target }) => target === node.disk.mount);
  const where = mounts.map(({ name, target }) => `/dev/${name} at ${target}`).join(", ");
  const owner = ownerText(disk, node, undefined);
  throw refusal(
    node,
    "E-DISK-IN-USE",
    `${device} is mounted: ${where}${owner === undefined ? "" : `; ${owner}`}`,
    own
      ? `stop what works on it and unmount it, but leave it plugged: pimesh eject ${node.name} --keep-power`
      : `unmount it first: ${mounts.map(({ target }) => `ssh ${node.name} sudo umount ${target}`).join("; ")}`,
  );
}

function guardMedium(disk: Disk, { node, device }: PrepareRequest): void {
  if (disk.bytes === 0) {
    throw refusal(
      node,
      "E-DISK-TOO-SMALL",
      `${device} has no medium in it`,
      "put the card or disk in, and try again",
    );
  }
  if (disk.readOnly) {
    throw refusal(
      node,
      "E-DISK-READ-ONLY",
      `${device} is write-protected, or has failed`,
      `look for a switch on it; and at the kernel's log: ssh ${node.name} sudo dmesg`,
    );
  }
  const unreadable = disk.volumes.find(({ start }) => start === "unreadable");
  if (unreadable !== undefined && !isTinyExtended(unreadable.bytes)) {
    throw refusal(
      node,
      "E-DISK-READ-ONLY",
      `${unreadable.path} cannot be read, so nobody knows what is on it: it may be dying`,
      `look at the kernel's log: ssh ${node.name} sudo dmesg`,
    );
  }
  if (disk.bytes < smallestDisk) {
    throw refusal(
      node,
      "E-DISK-TOO-SMALL",
      `${device} has ${formatBytes(disk.bytes)}; less than ${formatBytes(smallestDisk)} is no use as a data disk`,
      "take a larger one",
    );
  }
}

/** The kernel shows an extended partition as one or two sectors. */
function isTinyExtended(bytes: number): boolean {
  return bytes <= 1024;
}

function guardData(disk: Disk, { node, device, eraseData, pinned }: PrepareRequest): void {
  const contents = contentsOf(disk);
  if (contents.length === 0) return;
  const known = new Set(contents.map(({ key }) => key.toLowerCase()));
  const all = contents.map(({ key }) => `--erase-data ${key}`).join(" ");
  const owner = ownerText(disk, node, pinned);
  const list = contents.map((content) => contentText(content)).join("; ");
  const strangers = eraseData.filter((key) => !known.has(key.toLowerCase()));
  if (strangers.length > 0) {
    throw refusal(
      node,
      "E-DISK-WRONG",
      `${strangers.join(", ")} is not on ${device}: is it another disk than you think? It holds ${list}${owner === undefined ? "" : `; ${owner}`}`,
      `see which disk is which: ssh ${node.name} lsblk -o NAME,SIZE,MODEL,SERIAL,LABEL,UUID`,
    );
  }
  const missing = unnamed(disk, eraseData);
  if (missing.length === 0) return;
  throw refusal(
    node,
    "E-DISK-HAS-DATA",
    `${device} holds data: ${list}${owner === undefined ? "" : `; ${owner}`}`,
    `copy away what is still wanted; to erase it all for good: pimesh disk prepare ${node.name} --device ${device} ${all}`,
  );
}

function refusal(node: Node, code: ErrorCode, message: string, hint: string): PimeshError {
  return new PimeshError(code, message, { node: node.name, hint });
}
