import { formatBytes } from "../core/bytes.ts";
import { valueOf } from "../core/answer.ts";
import { sh } from "../core/shell.ts";
import type { Facts } from "../facts/facts.ts";
import { rpiSwapPart } from "../facts/rpi-swap.ts";
import type { SwapArea } from "../facts/swaps.ts";
import type { Node } from "../inventory/inventory.ts";
import { planFile, type DesiredFile } from "./desired.ts";
import type { Inspection } from "./inspection.ts";
import type { Notice, Step } from "./step.ts";
import { swapFilePlace } from "./swap-file.ts";
import { nodeText } from "./texts.ts";

export const dphysConfig = "/etc/dphys-swapfile";
export const dphysUnit = "dphys-swapfile.service";

/**
 * Swap on the data disk that others have made goes off: a pulled disk with everybody's memory on it takes the machine down,
 * and a disk that is away lets them fill the SD card in its place. Their swap elsewhere is the system's own, and stays.
 */
export function planForeignAreas(node: Node, facts: Facts): Step[] {
  return foreignAreas(node, facts).map(({ path, bytes, used }) => ({
    kind: "change",
    resource: "swap",
    what: `switch off the swap ${path} (${formatBytes(bytes)}, ${formatBytes(used)} in use)`,
    why: "it lies on the data disk and everybody swaps to it: a pulled disk would take the machine down",
    call: sh`swap_off ${path}`,
  }));
}

function foreignAreas(node: Node, facts: Facts): readonly SwapArea[] {
  const own = swapFilePlace(node);
  return (valueOf(facts.swaps) ?? []).filter(
    ({ path, type, gone }) =>
      type === "file" && !gone && path.startsWith(`${node.disk.mount}/`) && path !== own,
  );
}

/**
 * The recipe of old wrote CONF_SWAPFILE with a place on the disk into this file, which is shell. The line is switched off, and
 * dphys-swapfile with it: enabled, it would next make a file of twice the memory in its usual place on the SD card. Off
 * before the file changes, so that a cut in between leaves nothing that could start.
 */
export function planDphys(node: Node, inspection: Inspection): Step[] {
  const found = inspection.files.get(dphysConfig);
  if (found?.kind !== "file") return [];
  const before = found.bytes.toString("utf8");
  const place = dphysPlace(before);
  if (place === undefined || !place.startsWith(`${node.disk.mount}/`)) return [];
  const steps: Step[] = [];
  if (inspection.units.get(dphysUnit)?.enabled === "enabled") {
    steps.push({
      kind: "change",
      resource: "swap",
      what: `disable ${dphysUnit}`,
      why: `it makes its swap file on the data disk (${place}), or on the SD card in its place while the disk is away`,
      call: sh`disable_unit ${dphysUnit}`,
    });
  }
  const file: DesiredFile = {
    resource: "swap",
    path: dphysConfig,
    text: before.replaceAll(
      /^[ \t]*(?:export[ \t]+)?CONF_SWAPFILE=.*$/gm,
      (line) => `# pimesh keeps the data disk's swap itself: ${line}`,
    ),
    mode: found.mode,
    owner: found.owner,
    why: "whoever switches dphys-swapfile on again must not come near the data disk",
    foreign: true,
  };
  return [...steps, planFile(file, inspection)].filter((step) => step !== undefined);
}

/** Where dphys-swapfile makes its file: the last assignment counts. Undefined: its usual place. */
function dphysPlace(text: string): string | undefined {
  const value = [...text.matchAll(/^[ \t]*(?:export[ \t]+)?CONF_SWAPFILE=(.*)$/gm)].at(-1)?.[1];
  return value === undefined ? undefined : /^(["']?)([^"'\s#;]*)\1/.exec(value.trim())?.[2];
}

/** Our part of rpi-swap's configuration, on systems that have it. */
export async function rpiSwapFiles(node: Node, facts: Facts): Promise<DesiredFile[]> {
  const answer = valueOf(facts.rpiSwap);
  if (answer === undefined) return [];
  const onDisk = answer.path.startsWith(`${node.disk.mount}/`);
  return [
    {
      resource: "swap",
      path: `/etc/rpi/swap.conf.d/${rpiSwapPart}`,
      text: onDisk ? await nodeText(`etc/rpi/swap.conf.d/${rpiSwapPart}`) : undefined,
      mode: "644",
      owner: "0:0",
      why: onDisk
        ? `the system's own swap is set up at ${answer.path}, on the data disk`
        : "the system's own swap keeps away from the data disk by itself",
    },
  ];
}

/** What cannot be mended without a reboot or a person. */
export function swapNotices(node: Node, facts: Facts, inspection: Inspection): Notice[] {
  const notices: Notice[] = [];
  const rpi = valueOf(facts.rpiSwap);
  if (rpi !== undefined && rpi.path.startsWith(`${node.disk.mount}/`)) {
    notices.push({
      message: `the system's own swap (rpi-swap, ${rpi.mechanism}) uses ${rpi.path}, on the data disk, until the next reboot: do not pull the disk before`,
      hint: `ssh ${node.name} sudo reboot`,
    });
  }
  const dphys = inspection.files.get(dphysConfig);
  const place = dphys?.kind === "file" ? dphysPlace(dphys.bytes.toString("utf8")) : undefined;
  const left = [
    ...foreignAreas(node, facts).map(({ path }) => path),
    ...(place?.startsWith(`${node.disk.mount}/`) === true && place !== swapFilePlace(node) ? [place] : []),
  ];
  for (const path of new Set(left)) {
    notices.push({
      message: `the old swap file ${path} stays on the disk, for you to remove once nothing uses it`,
      hint: `ssh ${node.name} ls -l ${path}`,
    });
  }
  return notices;
}
