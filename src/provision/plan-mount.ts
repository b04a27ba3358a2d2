import { sh } from "../core/shell.ts";
import type { PresentDisk } from "../facts/disk-of.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Inspection } from "./inspection.ts";
import type { Step } from "./step.ts";

/** The folder under the disk: nothing may be written to it while the disk is away, and what was is moved aside. */
export function planBareFolder(node: Node, inspection: Inspection): Step[] {
  const { mount } = node.disk;
  const moved: Step[] =
    inspection.hidden.count === 0
      ? []
      : [
          {
            kind: "change",
            resource: "mount",
            what: `move aside ${inspection.hidden.count} files or folders that lie under ${mount}`,
            why: "they are hidden by the disk and fill the SD card; they stay on it, in pimesh-hidden-… beside the mount point",
            call: sh`move_hidden`,
          },
        ];
  const locked =
    inspection.under === "immutable" || (inspection.bare?.mode === "000" && inspection.bare.owner === "0:0");
  if (locked && moved.length === 0) {
    return [
      {
        kind: "keep",
        resource: "mount",
        what: `the bare folder ${mount}`,
        why: "nothing can be written to it",
      },
    ];
  }
  if (inspection.under === "unknown") return [];
  return [
    ...moved,
    {
      kind: "change",
      resource: "mount",
      what: `${inspection.under === "absent" ? "make" : "lock"} the bare folder ${mount}`,
      why: "immutable, so that nothing can be written to the SD card while the disk is away",
      call: sh`bare_folder`,
    },
  ];
}

/** By our own unit or script. */
export function planMount(node: Node, disk: PresentDisk, unit: string): Step {
  return disk.mounted === undefined
    ? {
        kind: "change",
        resource: "mount",
        what: `mount ${disk.device} at ${node.disk.mount}`,
        why: `by our own ${unit.endsWith(".mount") ? "unit" : "script"}, and looked at again before anything is written to it`,
        call: sh`mount_disk ${unit}`,
      }
    : { kind: "keep", resource: "mount", what: node.disk.mount, why: `${disk.device} is mounted there` };
}
