import { valueOf } from "../core/answer.ts";
import { sh, type Command } from "../core/shell.ts";
import type { Facts } from "../facts/facts.ts";
import type { Node } from "../inventory/inventory.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Change, Step } from "./step.ts";
import { swapFilePlace } from "./swap-file.ts";

/** A unit that goes is switched off first, so that no link to it stays behind. */
export function planDisable({ desired, policy, inspection }: PlanInput): Step[] {
  const { noswap } = desired.units;
  if (policy.kind === "isolated" || inspection.units.get(noswap)?.enabled !== "enabled") return [];
  return [
    {
      kind: "change",
      resource: "swap",
      what: `disable ${noswap}`,
      why: "the swap is not isolated any more",
      call: sh`disable_unit ${noswap}`,
    },
  ];
}

/** Before the limits go that keep the others out of the disk's swap, or its file is made anew, it goes off. */
export function planSwapStop(
  { facts, node, desired, policy, inspection }: PlanInput,
  swapFile: readonly Step[],
): Step[] {
  const used = policy.kind === "isolated" || policy.kind === "shared";
  const renewed = swapFile.some((step) => step.kind === "change");
  if (!swapIsOn(facts, node) || (used && !renewed)) return [];
  const why = used ? "the swap file is made anew" : "the disk's swap is in use and is not to be any more";
  // Somebody else may have switched our file on, before our unit was ever there
  if (inspection.units.get(desired.units.swap)?.active !== "active") {
    const path = swapFilePlace(node);
    return [swapStep(`switch off the swap ${path}`, why, sh`swap_off ${path}`)];
  }
  return [swapStep(`stop ${desired.units.swap}`, why, sh`stop_swap ${desired.units.swap}`)];
}

function swapIsOn(facts: Facts, node: Node): boolean {
  return valueOf(facts.swaps)?.some((swap) => swap.path === swapFilePlace(node) && !swap.gone) === true;
}

/** What switches the swap on, once everything that it needs is in place. `swapChanges`: something of it has changed. */
export function planSwapUnits(
  { node, facts, desired, policy, inspection }: PlanInput,
  swapChanges: boolean,
): Step[] {
  const { swap, noswap } = desired.units;
  const enabled = inspection.units.get(noswap)?.enabled === "enabled";
  if (policy.kind !== "isolated" && policy.kind !== "shared") return [];
  const steps: Step[] = [];
  if (inspection.panicSeconds === 0) {
    steps.push(
      swapStep(
        "set kernel.panic to 10",
        "a machine that has panicked comes back by itself",
        sh`kernel_value panic 10`,
      ),
    );
  }
  if (policy.kind === "isolated" && !enabled) {
    const why = "PID 1 has to start afresh once per boot before the disk's swap may go on";
    steps.push(swapStep(`enable ${noswap}`, why, sh`enable_unit ${noswap}`));
  }
  const active = inspection.units.get(swap)?.active === "active";
  if (!active) {
    const why = "it switches the swap on once nobody but the engine and the player can use it";
    steps.push(swapStep(`start ${swap}`, why, sh`start_unit ${swap}`));
  } else if (swapChanges || (!swapIsOn(facts, node) && inspection.swapOff === "")) {
    steps.push(
      swapStep(
        `restart ${swap}`,
        "the swap is off although nothing speaks against it",
        sh`restart_unit ${swap}`,
      ),
    );
  }
  return steps;
}

function swapStep(what: string, why: string, call: Command): Change {
  return { kind: "change", resource: "swap", what, why, call };
}
