import { isAbsolute, relative } from "node:path";
import { PimeshError } from "../core/error.ts";
import { findInventory, type Places } from "./find.ts";
import type { Inventory } from "./inventory.ts";
import type { Surroundings } from "./laptop-path.ts";
import { namedFileProblems, type JudgeKeys } from "./named-files.ts";
import { formatProblem, type Problem } from "./problem.ts";
import { reader } from "./read-mapping.ts";
import { readText } from "./read-text.ts";
import { resolveInventory } from "./resolve.ts";

import { readYaml } from "./yaml-tree.ts";

/** An inventory file that was looked at: without problems the inventory is as good as it can be known here. */
export interface Checked {
  /** The file as it is best called: relative to the current folder when it is below. */
  readonly file: string;
  /** Undefined when the text itself is not in order. */
  readonly inventory: Inventory | undefined;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** What may well be meant so, but is worth a look. */
  readonly notes: readonly string[];
}

/**
 * Finds, reads and resolves the inventory. Throws E-INVENTORY-MISSING, and E-INVENTORY with every problem, a line each.
 * Brings yaml and zod: commands import this file when they need it.
 */
export async function loadInventory(places: Places): Promise<Inventory> {
  const path = await findInventory(places);
  const text = await readText(path);
  const { inventory, problems } =
    typeof text === "string" ? parseInventory(text, path, places) : broken(text);
  if (inventory !== undefined && problems.length === 0) return inventory;
  const file = shownPath(path, places.cwd);
  const lines = problems.slice(0, mostShown).map((problem) => formatProblem(file, problem));
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new PimeshError("E-INVENTORY", [...lines, `the inventory has ${count}`].join("\n"), {
    hint: "correct the file, then: pimesh check",
  });
}

/**
 * The same without throwing for what is in the file, and looking at the files of the laptop that it names. Throws
 * E-INVENTORY-MISSING.
 */
export async function checkInventory(places: Places, judgeKeys: JudgeKeys): Promise<Checked> {
  const path = await findInventory(places);
  const file = shownPath(path, places.cwd);
  const text = await readText(path);
  if (typeof text !== "string") return { file, ...broken(text), notes: [] };
  const { inventory, problems, reader: to } = parseInventory(text, path, places);
  const files =
    inventory === undefined || to === undefined
      ? { problems: [], notes: [] }
      : await namedFileProblems(inventory, to, judgeKeys);
  const all = [...problems, ...files.problems];
  return {
    file,
    inventory: all.length === 0 ? inventory : undefined,
    problems: inOrder(all),
    notes: files.notes,
  };
}

/** The inventory that a text describes. With problems the inventory is only what could be made of the rest. */
export function parseInventory(
  text: string,
  path: string,
  surroundings: Surroundings,
): {
  readonly inventory: Inventory | undefined;
  readonly problems: readonly Problem[];
  readonly reader?: ReturnType<typeof reader>;
} {
  const { tree, problems } = readYaml(text);
  if (tree === undefined) return { inventory: undefined, problems };
  const to = reader(tree, problems);
  const inventory = resolveInventory(path, surroundings, to);
  return { inventory, problems: inOrder(to.problems), reader: to };
}

/** Enough to work on; a file that is no inventory at all can have thousands. */
const mostShown = 100;

function broken(problem: Problem): { inventory: undefined; problems: readonly Problem[] } {
  return { inventory: undefined, problems: [problem] };
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0),
  );
}

function shownPath(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}
