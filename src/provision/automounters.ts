import { sh } from "../core/shell.ts";
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
  const named = { ...node.disk, uuid: disk.uuid, device: disk.device, partUuid: inspection.partUuid };
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
