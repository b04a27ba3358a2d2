import { valueOf } from "../core/answer.ts";
import type { Facts } from "../facts/facts.ts";
import { isInstalled, unitOf } from "../facts/unit-of.ts";
import type { Node } from "../inventory/inventory.ts";
import { brake } from "./brake.ts";
import { wanted, type Looked } from "./prepare-options.ts";

interface Engine {
  readonly unit: string | undefined;
  /** The plan brings what starts it. */
  readonly brings: boolean;
  /** It runs, and the plan stops it first. */
  readonly stops: boolean;
  /** Why a second part has to follow; more may come. */
  readonly later: string[];
}

/** The engine is started only when it is installed, not running, and not about to take missing files for deleted. */
export async function mayStartEngine(
  looked: Looked,
  { unit, brings, stops, later }: Engine,
): Promise<boolean> {
  const { node, facts, disk, known, options } = looked;
  if (unit === undefined || !wanted("engine", options)) return false;
  if (!isInstalled(facts, unit) && !brings) return false;
  if (!stops && runsAlready(facts, node, unit)) return false;
  // Whoever logs in as root is rarely the one whose engine it is, unless it is of our own making
  if (valueOf(facts.identity)?.uid === 0 && !brings) return false;
  if (disk.mounted === undefined && (later.length > 0 || known.held !== undefined)) {
    later.push(`${unit} is started when its files have been looked at`);
    return false;
  }
  await brake(looked);
  return true;
}

/** By its unit, or by its processes. */
export function runsAlready(facts: Facts, node: Node, unit: string): boolean {
  const state = unitOf(facts, unit)?.activeState;
  if (state === "active" || state === "activating" || state === "reloading") return true;
  // Another instance, for another user or from another unit, runs without our guard: a second one would only add to it
  return valueOf(facts.processes)?.some((process) => process.runs === node.engine) === true;
}
