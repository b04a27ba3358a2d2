import { valueOf } from "../core/answer.ts";
import type { Facts } from "./facts.ts";
import type { InitScript } from "./init-scripts.ts";
import type { Unit } from "./units.ts";

/** What systemd said of one of the units that were asked for; undefined when it was not asked or did not say. */
export function unitOf(facts: Pick<Facts, "units">, name: string): Unit | undefined {
  return valueOf(facts.units)?.find((found) => found.unit === name);
}

/** There is such a unit on the node, or on one without systemd an init script of that name. */
export function isInstalled(facts: Pick<Facts, "units" | "initScripts">, name: string): boolean {
  return unitOf(facts, name)?.loadState === "loaded" || initScriptOf(facts, name) !== undefined;
}

export function initScriptOf(facts: Pick<Facts, "initScripts">, name: string): InitScript | undefined {
  return valueOf(facts.initScripts)?.find((found) => found.name === name);
}
