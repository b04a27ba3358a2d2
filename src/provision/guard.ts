import { formatBytes } from "../core/bytes.ts";
import { valueOf } from "../core/answer.ts";
import { PimeshError, type ErrorCode } from "../core/error.ts";
import { diskOf, type PresentDisk } from "../facts/disk-of.ts";
import { sameUuid, strangerText, wrongDisk } from "../facts/wrong-disk.ts";
import type { Facts } from "../facts/facts.ts";
import { mountAt } from "../facts/mount-at.ts";
import type { Node } from "../inventory/inventory.ts";
import { identityPath } from "./identity.ts";
import { initSystemOf } from "./init-library.ts";
import type { Inspection } from "./inspection.ts";

/** The machine itself: refused before anything is looked at on the disk. */
export function guardMachine(facts: Facts, node: Node): void {
  if (valueOf(facts.overlayRoot) === true) {
    throw refusal(
      node,
      "E-OVERLAY-ROOT",
      "its root file system is a read-only overlay: every change would be gone after a reboot",
      {
        hint: `switch the overlay off first: ssh ${node.name} sudo raspi-config nonint disable_overlayfs`,
      },
    );
  }
  if (initSystemOf(facts) === undefined) {
    const init = valueOf(facts.init);
    const found = init?.kind === "other" && init.name !== "" ? `, but ${init.name}` : "";
    throw refusal(
      node,
      "E-NO-SYSTEMD",
      `it runs neither systemd nor Debian's sysvinit${found}: provision knows no way to start and stop things there`,
      {
        hint: "put a current Raspberry Pi OS on its SD card; the disk and the files on it stay as they are",
      },
    );
  }
}

/**
 * The one disk that belongs to the node, or a refusal that names the exact situation. `diskOf` prefers the pinned UUID,
 * so a second disk with the label beside the pinned one is still ambiguous: which of them an automounter or a person
 * means by "btsync" cannot be known.
 */
export function guardDisk(facts: Facts, node: Node): PresentDisk {
  const disk = diskOf(facts, node);
  const label = `labelled ${node.disk.label}`;
  if (disk.kind === "absent") {
    throw refusal(node, "E-DISK-ABSENT", `no disk ${label} is plugged in`, {
      hint: `plug it in and look: ssh ${node.name} lsblk -f`,
    });
  }
  if (disk.kind === "ambiguous") {
    throw refusal(node, "E-DISK-AMBIGUOUS", `several disks are ${label}: ${disk.devices.join(", ")}`, {
      hint: "unplug all but the right one, or give the others another label (e2label DEVICE NAME)",
    });
  }
  return guardPresent(disk, facts, node);
}

/** Somebody's own file in the place of our swap file is theirs. */
function guardSwapFile(node: Node, inspection: Inspection, made: number | undefined): void {
  const found = inspection.swapFile;
  if (node.swap === false || found === undefined || found.pageSize !== undefined) return;
  // Root's alone and of the very size that we have made: ours, and its header is lost
  if (found.bytes === made && found.mode === "600" && found.owner === "0:0") return;
  const path = `${node.disk.mount}/swapfile`;
  throw refusal(
    node,
    "E-NOT-OURS",
    `${path} (${formatBytes(found.bytes)}) is no swap file, so it is left alone`,
    {
      hint: `look what it is, and give it another name: ssh ${node.name} sudo mv ${path} ${path}.old`,
    },
  );
}

/** A link in the place of one of our files: a masked unit, or somebody's own arrangement. */
export function guardSystemFiles(node: Node, inspection: Inspection, paths: readonly string[]): void {
  for (const path of paths) {
    const found = inspection.files.get(path);
    if (found?.kind !== "link" && found?.kind !== "other") continue;
    throw refusal(node, "E-NOT-OURS", `${path} is a link: masked, or somebody's own arrangement`, {
      hint: `see where it leads, and take it away if nobody needs it: ssh ${node.name} ls -l ${path}`,
    });
  }
}

function guardPresent(disk: PresentDisk, facts: Facts, node: Node): PresentDisk {
  const pin = valueOf(facts.provisioned);
  if (pin !== undefined && !sameUuid(pin.uuid, disk.uuid)) {
    throw refusal(
      node,
      "E-DISK-WRONG",
      `the disk labelled ${node.disk.label} (${disk.device}, ${disk.fstype ?? "no known file system"}, UUID ${disk.uuid}) is not the pinned one (UUID ${pin.uuid}): ${strangerText(wrongDisk(disk, pin))}`,
      {
        hint: `plug the pinned disk in again; to give the node this disk for good, take the pin away and provision again: ssh ${node.name} sudo rm /etc/pimesh/node.conf`,
      },
    );
  }
  if (disk.fstype !== "ext4") {
    throw refusal(
      node,
      "E-DISK-NOT-EXT4",
      `${disk.device} is ${disk.fstype ?? "no known file system"}, not ext4`,
      {
        hint:
          "copy its files away, then make it ext4 with the same label: mkfs.ext4 -L " +
          `${node.disk.label} ${disk.device}`,
      },
    );
  }
  if (disk.readOnly || disk.mounted?.readOnly === true) {
    throw refusal(
      node,
      "E-DISK-READ-ONLY",
      `${disk.device} is read-only: a switch on the disk, or ext4 has found errors`,
      {
        hint: `look at its log: ssh ${node.name} sudo dmesg; then check it while unmounted: fsck.ext4 -f ${disk.device}`,
      },
    );
  }
  const taken = disk.mounted === undefined ? mountAt(facts, node.disk.mount) : undefined;
  if (taken !== undefined) {
    const part = taken.part === undefined ? "" : `, folder ${taken.part}`;
    throw refusal(
      node,
      "E-MOUNT-POINT-TAKEN",
      `something else is mounted at ${node.disk.mount}: ${taken.device}${part}`,
      { hint: `take it away: ssh ${node.name} sudo umount ${node.disk.mount}` },
    );
  }
  return disk;
}

/** What lies on the disk and under its mount point. */
export function guardInspection(
  node: Node,
  disk: PresentDisk,
  inspection: Inspection,
  options: {
    readonly moveHidden: boolean;
    /** Bytes of the swap file that an earlier provision has made. */
    readonly swapMade?: number | undefined;
  },
): void {
  if (inspection.hidden.count > 0 && !options.moveHidden) {
    const names = inspection.hidden.names.join(", ");
    throw refusal(
      node,
      "E-HIDDEN-FILES",
      `${inspection.hidden.count} files or folders lie on the SD card under the mount point ${node.disk.mount}: ${names}`,
      {
        hint: `move them aside, on the SD card, deleting nothing: pimesh provision ${node.name} --move-hidden`,
      },
    );
  }
  if (inspection.disk?.kind === "failed") {
    throw refusal(node, "E-DISK-NOT-MOUNTED", `${disk.device} cannot be read: ${inspection.disk.reason}`, {
      hint: `check it while unmounted: ssh ${node.name} sudo fsck.ext4 -n ${disk.device}`,
    });
  }
  guardSwapFile(node, inspection, options.swapMade);
  const identity = readIdentity(inspection, node);
  if (identity === undefined) return;
  if (identity.uuid !== disk.uuid) {
    throw refusal(
      node,
      "E-DISK-WRONG",
      `${disk.device} carries the identity of another file system (UUID ${identity.uuid}, it has ${disk.uuid}): a copy of a disk?`,
      {
        hint: `if it is the right disk, take the identity away and provision again: ${withoutIdentity(node, disk)}`,
      },
    );
  }
  if (identity.node !== node.name) {
    throw refusal(node, "E-DISK-WRONG", `${disk.device} is the disk of ${identity.node}`, {
      hint: `take it back to ${identity.node}; to move it for good, take the identity away and provision again: ${withoutIdentity(node, disk)}`,
    });
  }
}

/** A command that works whether the disk is mounted or not. */
function withoutIdentity(node: Node, disk: PresentDisk): string {
  return `ssh ${node.name} 'sudo mount ${disk.device} /mnt && sudo rm /mnt/.pimesh/identity && sudo umount /mnt'`;
}

/** The identity file as far as it can be read; lines `uuid=` and `node=`. */
function readIdentity(inspection: Inspection, node: Node): { uuid: string; node: string } | undefined {
  const found = inspection.files.get(identityPath(node));
  if (found?.kind !== "file") return undefined;
  const value = (key: string): string =>
    new RegExp(`^${key}=(.*)$`, "m").exec(found.bytes.toString("utf8"))?.[1]?.trim() ?? "";
  return { uuid: value("uuid"), node: value("node") };
}

/** Peers can put symlinks into the tree; root must not write through one. */
export function guardLinks(node: Node, inspection: Inspection): void {
  for (const [path, link] of inspection.links) {
    throw new PimeshError(
      "E-DISK-WRONG",
      `${node.disk.mount}${link} is a symlink, so ${path} would be written somewhere else`,
      {
        node: node.name,
        hint: `look at it: ssh ${node.name} ls -l ${node.disk.mount}${link}`,
      },
    );
  }
}

/** Room for the engine's own records, for the swap file, and for what the engine receives meanwhile. */
export function guardRoom(node: Node, needed: number, inspection: Inspection): void {
  const free = inspection.space === undefined ? undefined : inspection.space.free + inspection.swapLeft;
  if (free !== undefined && free < leastRoom) {
    throw refusal(
      node,
      "E-DISK-FULL",
      `the disk is full: ${formatBytes(free)} free, and the engine does not start with less than ${formatBytes(leastRoom)}`,
      { hint: `see what takes the room: ssh ${node.name} sudo du -xh -d 2 ${node.disk.mount}` },
    );
  }
  if (free === undefined || needed === 0 || free >= needed + reserve) return;
  throw refusal(
    node,
    "E-DISK-FULL",
    `too little room on the disk: ${formatBytes(free)} free, the swap file takes ${formatBytes(needed)} and ${formatBytes(reserve)} must stay`,
    {
      hint: "free some space, or ask for less in the inventory: swap: { size: … }",
    },
  );
}

const reserve = 512 * 1024 * 1024;

/** The same number stands in the disk-guard of the node. */
const leastRoom = 16 * 1024 * 1024;

function refusal(node: Node, code: ErrorCode, message: string, details: { hint: string }): PimeshError {
  return new PimeshError(code, message, { node: node.name, ...details });
}
