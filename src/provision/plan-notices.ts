import { valueOf } from "../core/answer.ts";
import { sdSwapFiles } from "../facts/sd-swap-files.ts";
import { isInstalled, unitOf } from "../facts/unit-of.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Notice } from "./step.ts";
import { swapNotices } from "./swap-owners.ts";
import { indexNotices } from "./tree-index.ts";

/** What no step can set right, or what a person should know before the steps. */
export function planNotices({
  facts,
  node,
  policy,
  inspection,
  desired,
  way,
  keyEngine,
  syncthing,
}: PlanInput): Notice[] {
  const list: Notice[] = [];
  for (const swap of sdSwapFiles(facts, node)) {
    list.push({
      message: `a swap file on the SD card is in use: ${swap.path}; it wears the card out`,
      hint:
        swap.path === "/var/swap"
          ? `ssh ${node.name} 'sudo dphys-swapfile swapoff; sudo systemctl disable --now dphys-swapfile' and give the disk's swap a size in the inventory`
          : `ssh ${node.name} sudo swapoff ${swap.path}`,
    });
  }
  list.push(...swapNotices(node, facts, inspection));
  // For want of the memory controller alone: `bootNotice` says what to do
  if (policy.kind === "off" && policy.lacks === undefined) {
    list.push({
      message: `the disk's swap stays off: ${policy.why}`,
      ...(policy.hint === undefined ? {} : { hint: policy.hint }),
    });
  }
  if ((policy.kind === "isolated" || policy.kind === "shared") && inspection.swapOff !== "") {
    list.push({ message: `the disk's swap stays off: ${inspection.swapOff}` });
  }
  const engine = desired.units.engine;
  const runs = valueOf(facts.processes)?.some((process) => process.runs === node.engine) === true;
  const unitState = engine === undefined ? undefined : unitOf(facts, engine)?.activeState;
  // An init script knows no more of what runs than its processes do
  const byUnit = engine?.endsWith(".service") === true;
  if (byUnit && runs && unitState !== "active" && unitState !== "activating") {
    list.push({
      message: `an engine runs outside of ${engine}: it is not guarded, and runs on when the disk is away`,
      hint: `find out who starts it, and let ${engine} do so: ssh ${node.name} systemctl status "${node.engine}*"`,
    });
  }
  list.push(...indexNotices(node, { facts, inspection, units: desired.units, way }));
  if (inspection.under === "unknown") {
    list.push({
      message: `what lies under ${node.disk.mount} could not be looked at: this node has no unshare`,
    });
  }
  if (inspection.under === "open" && inspection.bare?.mode === "000") {
    list.push({
      message: `${node.disk.mount} cannot be made immutable on this file system; it is closed to everybody but root instead`,
    });
  }
  const brought = keyEngine?.brings === true || syncthing.first.length > 0;
  if (desired.units.engine !== undefined && !isInstalled(facts, desired.units.engine) && !brought) {
    list.push({ message: `${desired.units.engine} is not installed; its guard waits for it` });
  }
  if (inspection.runs.some((run) => run.state === "open")) {
    list.push({ message: "an earlier provision was cut off; this one finishes it" });
  }
  return list;
}
