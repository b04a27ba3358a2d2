import { valueOf } from "../core/answer.ts";
import { sh } from "../core/shell.ts";
import type { Facts } from "../facts/facts.ts";
import type { Node } from "../inventory/inventory.ts";
import { planFile, type DesiredFile } from "./desired.ts";
import { withoutDisk } from "./fstab.ts";
import type { PresentDisk } from "../facts/disk-of.ts";
import type { Inspection } from "./inspection.ts";
import type { Step } from "./step.ts";

export const fstab = "/etc/fstab";
export const usbmount = "/etc/usbmount/usbmount.conf";

/** Whoever else would mount the disk is told not to: lines of fstab, and usbmount. udisks is kept off by our udev rule. */
export function planOthers(node: Node, disk: PresentDisk, inspection: Inspection): Step[] {
  const named = {
    ...node.disk,
    uuid: disk.uuid,
    device: disk.device,
    partUuid: inspection.partUuid,
    links: inspection.deviceLinks,
  };
  const edits: (DesiredFile | undefined)[] = [
    edit(fstab, inspection, (text) => withoutDisk(text, named), {
      why: "our own mount unit takes its place: without nofail an absent disk would stop the boot",
      needsReload: true,
    }),
    edit(usbmount, inspection, (text) => text.replace(/^(\s*ENABLED=)"?1"?/m, "$10"), {
      why: "usbmount would mount the disk at /media/usb0, with sync and noexec",
    }),
  ];
  return edits.flatMap((file) => (file === undefined ? [] : (planFile(file, inspection) ?? [])));
}

/** Mounts that an automounter or a person has made already. */
export function planUnmounts(node: Node, disk: PresentDisk): Step[] {
  return disk.elsewhere.map((target) => ({
    kind: "change",
    resource: "mount",
    what: `unmount ${target}`,
    why: `somebody else has mounted the disk there; it belongs at ${node.disk.mount}`,
    call: sh`unmount ${target}`,
  }));
}

/** nosuid and nodev: a disk that travels gives nobody root. Mounted by us it has them from the start. */
export function planSafeMount(node: Node, disk: PresentDisk): Step[] {
  const unsafe = ["nosuid", "nodev"].filter((option) => disk.mounted?.options.includes(option) === false);
  if (unsafe.length === 0) return [];
  return [
    {
      kind: "change",
      resource: "mount",
      what: `remount ${node.disk.mount} with ${unsafe.join(" and ")}`,
      why: "a disk that travels must give nobody root; nothing that uses it has to stop",
      call: sh`safe_mount ${node.disk.mount}`,
    },
  ];
}

/**
 * udevil by its daemon devmon obeys the mark that our udev rule sets (UDISKS_PRESENTATION_NOPOLICY: its `presentation
 * nopolicy`). LibreELEC starts it from a rule of its own, which asks for no mark: there its unit gets a condition.
 */
export function planUdevil(facts: Facts, udevilPart: string | undefined): Step[] {
  if (valueOf(facts.automounters)?.some(({ name }) => name === "udevil") !== true) return [];
  return [
    {
      kind: "keep",
      resource: "udev",
      what: "udevil",
      why:
        udevilPart === undefined
          ? "its daemon devmon leaves the disk alone: our udev rule marks it"
          : `its unit leaves the disk alone: ${udevilPart}`,
    },
  ];
}

/** A change to a file that is not ours: only a regular file, only when the text really changes, mode and owner kept. */
function edit(
  path: string,
  inspection: Inspection,
  change: (text: string) => string | undefined,
  rest: Pick<DesiredFile, "why" | "needsReload">,
): DesiredFile | undefined {
  const found = inspection.files.get(path);
  if (found?.kind !== "file") return undefined;
  const before = found.bytes.toString("utf8");
  const after = change(before);
  if (after === undefined || after === before || !Buffer.from(before, "utf8").equals(found.bytes))
    return undefined;
  return {
    resource: "mount",
    path,
    text: after,
    mode: found.mode,
    owner: found.owner,
    foreign: true,
    ...rest,
  };
}
