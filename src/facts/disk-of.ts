import { valueOf } from "../core/answer.ts";
import { PimeshError } from "../core/error.ts";
import type { Node } from "../inventory/inventory.ts";
import type { BlockDevice } from "./block-devices.ts";
import type { HealthFacts } from "./facts.ts";
import { isReadOnly, mountAt } from "./mount-at.ts";
import type { Mount } from "./mounts.ts";
import { sameUuid } from "./wrong-disk.ts";

export type DiskState =
  /** No device has the label or the pinned UUID. */
  | { readonly kind: "absent" }
  /** Several have; which one an automounter or a person means by the label cannot be known. `pinned`: the one that we mean. */
  | {
      readonly kind: "ambiguous";
      readonly devices: readonly string[];
      readonly pinned: PresentDisk | undefined;
    }
  | PresentDisk;

export interface PresentDisk {
  readonly kind: "present";
  /** `/dev/sda1`: of this moment; the next plug may give another. */
  readonly device: string;
  readonly uuid: string;
  readonly fstype: string | undefined;
  readonly partUuid: string | undefined;
  /** The device itself. */
  readonly readOnly: boolean;
  /** Whether it is what one sees at the node's mount point. */
  readonly mounted:
    | { readonly target: string; readonly options: readonly string[]; readonly readOnly: boolean }
    | undefined;
  /** Other places where the whole disk is mounted; bind mounts of a folder of it are not. */
  readonly elsewhere: readonly string[];
}

/**
 * Which disk is the node's: the pinned UUID (`facts.provisioned`) or the label names it. A disk with the label and
 * another UUID than the pinned one is present: the caller compares `uuid`.
 *
 * Throws E-FACTS-INCOMPLETE when the node could not tell its disks, its mounts or its pin: that is not "absent".
 */
export function diskOf(facts: HealthFacts, node: Node): DiskState {
  const devices = knownDevices(facts, node);
  const pin = pinnedUuid(facts, node);
  const isPinned = (device: BlockDevice): boolean => pin !== undefined && sameUuid(device.uuid, pin);
  const candidates = devices
    .filter((device) => isPinned(device) || device.label === node.disk.label)
    // The members of an array carry its UUID and are no file system
    .filter((device) => device.fstype?.endsWith("_member") !== true);
  const pinned = candidates.filter(isPinned);
  // One UUID on two devices is a copy of a disk: then the label does not help either
  const twins = devices.filter((device) => candidates.some((each) => sameUuid(each.uuid, device.uuid)));
  const all = [...new Set([...pinned, ...candidates, ...twins])];
  const [first] = all;
  if (first === undefined) return { kind: "absent" };
  if (all.length === 1) return present(first, facts, node);
  return {
    kind: "ambiguous",
    devices: all.map((device) => device.path),
    pinned: pinned.length === 1 ? present(pinned[0] as BlockDevice, facts, node) : undefined,
  };
}

/** A pin that cannot be read is not "no pin": the label alone may name a stranger's disk. */
function pinnedUuid(facts: HealthFacts, node: Node): string | undefined {
  const { provisioned } = facts;
  if (provisioned.kind === "value") return provisioned.value.uuid;
  if (provisioned.kind === "absent") return undefined;
  const why = provisioned.kind === "failed" ? provisioned.reason : "the file is empty";
  throw cannotTell(node, `it could not say which disk it is pinned to: ${why}`, "cat /etc/pimesh/node.conf");
}

function knownDevices(facts: HealthFacts, node: Node): readonly BlockDevice[] {
  const answer = facts.blockDevices;
  const devices = valueOf(answer) ?? [];
  const disks = devices.filter(({ name }) => !/^(zram|loop|ram)\d/.test(name));
  // Neither an SD card nor a disk without any label: udev's database is out of sight, and so would be the disk
  const blind =
    disks.length > 0 && disks.every(({ label, uuid }) => label === undefined && uuid === undefined);
  if (answer.kind === "value" && !blind) return devices;
  const why = answer.kind === "failed" ? `: ${answer.reason}` : "";
  throw cannotTell(node, `it could not say which disks are plugged in${why}`);
}

function present(device: BlockDevice, facts: HealthFacts, node: Node): PresentDisk {
  const { uuid } = device;
  if (uuid === undefined) throw cannotTell(node, `it could not say the UUID of ${device.path}`);
  if (facts.mounts.kind !== "value")
    throw cannotTell(node, "it could not say what is mounted", "cat /proc/mounts");
  const isThis = (mount: Mount): boolean => namesOf(device, uuid).has(mount.device);
  const target = node.disk.mount;
  const here = mountAt(facts, target);
  const targets = new Set(facts.mounts.value.filter(isThis).map((mount) => mount.target));
  const elsewhere = [...targets].filter((place) => {
    const mount = mountAt(facts, place);
    return place !== target && mount !== undefined && isThis(mount) && mount.part === undefined;
  });
  return {
    kind: "present",
    device: device.path,
    uuid,
    fstype: device.fstype,
    partUuid: device.partUuid,
    readOnly: device.readOnly,
    mounted:
      here !== undefined && isThis(here) && here.part === undefined
        ? { target, options: here.options, readOnly: isReadOnly(here) }
        : undefined,
    elsewhere,
  };
}

/** busybox' mount leaves the link in /proc/mounts that it was called with; util-linux resolves it. */
function namesOf(device: BlockDevice, uuid: string): ReadonlySet<string> {
  const links = [`/dev/disk/by-uuid/${uuid}`];
  if (device.label !== undefined) links.push(`/dev/disk/by-label/${device.label}`);
  return new Set([device.path, `/dev/${device.name}`, ...links]);
}

function cannotTell(node: Node, message: string, look = "lsblk -f"): PimeshError {
  return new PimeshError("E-FACTS-INCOMPLETE", message, {
    node: node.name,
    hint: `ssh ${node.name} ${look}`,
  });
}
