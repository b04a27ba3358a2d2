import { valueOf } from "../core/answer.ts";
import type { Facts } from "./facts.ts";
import type { Unit } from "./units.ts";

/** What systemd said of one of the units that were asked for; undefined when it was not asked or did not say. */
export function unitOf(facts: Pick<Facts, "units">, name: string): Unit | undefined {
  return valueOf(facts.units)?.find((found) => found.unit === name);
}

/** There is such a unit on the node. */
export function isInstalled(facts: Pick<Facts, "units">, name: string): boolean {
  return unitOf(facts, name)?.loadState === "loaded";
}
