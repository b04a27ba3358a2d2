import { valueOf } from "../core/answer.ts";
import { sh } from "../core/shell.ts";
import { thousands } from "../core/thousands.ts";
import { engines } from "../engine/engines.ts";
import type { PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import { ownInitScript } from "../facts/init-scripts.ts";
import { initScriptOf } from "../facts/unit-of.ts";
import type { Node } from "../inventory/inventory.ts";
import type { DesiredFile } from "./desired.ts";
import { udevEncoded } from "./disk-rule.ts";
import type { Inspection } from "./inspection.ts";
import type { Units } from "./plan-input.ts";
import type { Profile } from "./profile.ts";
import type { Notice, Step } from "./step.ts";
import type { SwapPolicy } from "./swap-policy.ts";
import type { SizedNode } from "./swap-size.ts";
import { fill } from "./template.ts";
import { nodeText, udevText } from "./texts.ts";

/** The old way: what a node without systemd has in the place of units. `provision/init/sysvinit.sh` knows these names. */
export function sysvinitUnits(node: Pick<Node, "engine">, facts: Pick<Facts, "initScripts">): Units {
  return {
    mount: ownInitScript,
    swap: "pimesh-swap",
    noswap: "pimesh-noswap",
    engine: engineScript(node, facts),
    index: undefined,
  };
}

/** The engine's init script as it is called on this node; the likeliest name where there is none. */
function engineScript(node: Pick<Node, "engine">, facts: Pick<Facts, "initScripts">): string | undefined {
  if (node.engine === false) return undefined;
  const names = engines[node.engine].initScripts;
  return names.find((name) => initScriptOf(facts, name) !== undefined) ?? names[0];
}

export interface SysvinitInput {
  readonly node: SizedNode;
  readonly disk: PresentDisk;
  readonly profile: Profile;
  readonly policy: SwapPolicy;
}

/** Beside the scripts that every node has. */
export async function sysvinitFiles({ node, disk, profile, policy }: SysvinitInput): Promise<DesiredFile[]> {
  const script = `${profile.libFolder}/pimesh-disk`;
  const own = { owner: "0:0", needsReload: true } as const;
  const shared = policy.kind === "shared";
  return [
    {
      ...own,
      resource: "scripts",
      path: script,
      text: await nodeText("usr/local/lib/pimesh/pimesh-disk"),
      mode: "755",
      why: "mounts the disk, switches its swap on and starts the engine when it comes, and takes all back when it goes",
    },
    {
      ...own,
      resource: "scripts",
      path: `/etc/init.d/${ownInitScript}`,
      text: await nodeText("etc/init.d/pimesh"),
      mode: "755",
      why: "does so at boot, and at shutdown",
    },
    {
      ...own,
      resource: "swap",
      path: `${profile.sysctlFolder}/50-pimesh-panic.conf`,
      text: shared ? await nodeText("etc/sysctl.d/50-pimesh-panic.conf") : undefined,
      mode: "644",
      why: shared ? "a machine that has panicked comes back by itself" : "no swap of the disk is used",
    },
    {
      ...own,
      resource: "udev",
      path: `${profile.rulesFolder}/992-pimesh-disk.rules`,
      text: fill(
        await udevText("992-pimesh-disk.sysvinit.rules"),
        { uuid: disk.uuid, label: udevEncoded(node.disk.label), script },
        "udev",
      ),
      mode: "644",
      why: "a plugged disk brings mount, swap and engine, a pulled one takes them along, and automounters keep away from it",
    },
  ];
}

/** What pimesh-disk reads in node.conf beside what every node has there. */
export function sysvinitConf(
  node: SizedNode,
  policy: SwapPolicy,
  units: Units,
): readonly (readonly [string, string])[] {
  return [
    ["INIT", "sysvinit"],
    ["ENGINE_INIT", units.engine ?? ""],
    ["ENGINE_PROCESSES", node.engine === false ? "" : engines[node.engine].processNames.join(" ")],
    ["SWAP_THRESHOLD", String(swapThreshold(node, policy))],
  ];
}

/** KiB of active swap that the engine waits to see exceeded; 0: it does not wait. Only shared swap is ever used here. */
function swapThreshold(node: SizedNode, policy: SwapPolicy): number {
  if (node.swap === false || policy.kind !== "shared" || node.swap.require === false) return 0;
  return Math.floor((node.swap.threshold ?? usualThreshold) / 1024);
}

/** Of the recipe that this replaces: 500,000 KiB. */
const usualThreshold = 500_000 * 1024;

/**
 * The engine's own links go off, since they would start it at boot before its disk is there, and ours go on. In this
 * order: cut off in between, something starts it at boot.
 */
export function planInitScripts(facts: Facts, units: Units): Step[] {
  if (units.mount !== ownInitScript) return [];
  const steps: Step[] = [];
  if (initScriptOf(facts, ownInitScript)?.enabled === true) {
    steps.push({
      kind: "keep",
      resource: "scripts",
      what: `/etc/init.d/${ownInitScript}`,
      why: "it is run at boot and at shutdown",
    });
  } else {
    steps.push({
      kind: "change",
      resource: "scripts",
      what: `have /etc/init.d/${ownInitScript} run at boot and at shutdown`,
      why: "a disk that is there already is mounted, and given up in good order",
      call: sh`enable_unit ${ownInitScript}`,
    });
  }
  for (const name of Object.values(engines).flatMap((engine) => engine.initScripts)) {
    if (initScriptOf(facts, name)?.enabled !== true) continue;
    steps.push({
      kind: "change",
      resource: "engine",
      what: `take /etc/init.d/${name} out of the boot`,
      why: "it would start the engine before its disk is there; pimesh starts it when the right disk is mounted",
      call: sh`disable_unit ${name}`,
    });
  }
  return steps;
}

/** Why the engine would wait for swap although everything is done; undefined: it would not. */
export function heldForSwap(
  node: SizedNode,
  policy: SwapPolicy,
  facts: Pick<Facts, "swaps">,
  inspection: Pick<Inspection, "swapOff">,
): Notice | undefined {
  const threshold = swapThreshold(node, policy) * 1024;
  if (node.swap === false || threshold === 0) return undefined;
  const others = (valueOf(facts.swaps) ?? [])
    .filter((area) => !area.gone && !area.path.startsWith(`${node.disk.mount}/`))
    .reduce((sum, area) => sum + area.bytes, 0);
  // Its header takes a page, of 64 KiB at most
  const own = inspection.swapOff === "" ? node.swap.bytes - 65_536 : 0;
  if (others + own > threshold) return undefined;
  return {
    message: `the engine is not started: it waits for more than ${kib(threshold)} KiB of active swap, and there are ${kib(others + own)} KiB`,
    hint: "in the inventory, a larger swap: { size: … }, a smaller { threshold: … }, or { require: false }",
  };
}

/** As the kernel counts, in /proc/swaps and in the log on the node. */
function kib(bytes: number): string {
  return thousands(Math.floor(bytes / 1024));
}
