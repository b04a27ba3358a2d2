import { PimeshError } from "../core/error.ts";
import { sh } from "../core/shell.ts";
import { enableMemory, type BootChange } from "../facts/boot-change.ts";
import type { Node } from "../inventory/inventory.ts";
import { sumOf, type Found } from "./inspection.ts";
import type { Notice, Step } from "./step.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** The step, where a person has allowed it; the boot file as the node's root sees it. Throws E-BOOT-FILE. */
export function planBootLine(node: Node, change: BootChange, found: Found | undefined): Step[] {
  if (change.kind === "blocked") {
    throw new PimeshError("E-BOOT-FILE", change.why, {
      node: node.name,
      hint: `ssh ${node.name} ${change.try.includes("'") ? `"${change.try}"` : `'${change.try}'`}, then again: pimesh provision ${node.name} --accept-boot-change`,
    });
  }
  if (change.kind !== "change") return [];
  if (found?.kind !== "file" || found.bytes.toString("utf8") !== change.before) {
    throw new PimeshError("E-BOOT-FILE", `${change.path} is not what it was a moment ago`, {
      node: node.name,
      hint: `ssh ${node.name} cat ${change.path}`,
    });
  }
  return [
    {
      kind: "change",
      resource: "boot",
      what: `add ${enableMemory} to ${change.path}`,
      why: `the engine needs the disk's swap, and only the kernel's memory controller can keep everybody else out of it; a copy stays beside it as ${backupOf(change.path)}, and a reboot is needed afterwards`,
      call: sh`boot_line ${change.path} ${backupOf(change.path)} ${found.sum} ${sumOf(change.after)} ${change.after}`,
      diff: unifiedDiff(change.before, change.after),
    },
  ];
}

function backupOf(path: string): string {
  return `${path}.pimesh-backup`;
}

/** What a person has to know or do about it. `waits`: the inventory makes the swap a gate for the engine. */
export function bootNotice(node: Node, change: BootChange, accepted: boolean, waits: boolean): Notice {
  const engine = waits ? "waits for it, as swap: { require: true } says" : "has to live without it";
  const off = `the disk's swap stays off, and the engine ${engine}`;
  const onNode = (command: string): string =>
    `ssh ${node.name} ${command.includes("'") ? `"${command}"` : /[&|]/.test(command) ? `'${command}'` : command}`;
  switch (change.kind) {
    case "waits":
      return {
        message: `${change.path} switches the memory controller on at the next boot: a reboot is needed; until then ${off}`,
        hint: `${onNode("sudo reboot")}, then: pimesh provision ${node.name}`,
      };
    case "ignored":
      return {
        message: `the kernel was started with ${enableMemory} and has no memory controller all the same (some kernels of late 2024 do not know the word): ${off}`,
        hint: `update its kernel: ${onNode("sudo apt update && sudo apt full-upgrade && sudo reboot")}`,
      };
    case "change":
      return accepted
        ? {
            message: `after this a reboot is needed: until then ${off}. Should it not come back: put its SD card into the laptop and copy ${backupOf(change.path).replace(/^.*\//, "")} over cmdline.txt`,
            hint: `${onNode("sudo reboot")}, then: pimesh provision ${node.name}`,
          }
        : {
            message: `the kernel's memory controller is off, so nobody can be kept out of the disk's swap: ${off}. pimesh can switch it on, in ${change.path}; that takes a reboot`,
            hint: `pimesh provision ${node.name} --accept-boot-change`,
          };
    case "blocked":
    case "by-hand":
    default:
      return {
        message: `the kernel's memory controller is off: ${off}. pimesh cannot switch it on: ${change.why}`,
        hint: onNode(change.try),
      };
  }
}
