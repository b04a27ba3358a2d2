import type { Inventory } from "../../src/inventory/inventory.ts";
import { parseInventory } from "../../src/inventory/load.ts";
import { formatProblem } from "../../src/inventory/problem.ts";

export const surroundings = { home: "/home/ada", env: { DISK: "/mnt/dat", EMPTY: "" } };

/** Every problem of a text as `pimesh check` prints it. */
export function problemsOf(text: string): string[] {
  return parseInventory(text, "/pimesh.yaml", surroundings).problems.map((problem) =>
    formatProblem("pimesh.yaml", problem),
  );
}

/** The inventory of a text that has no problem. */
export function inventoryFrom(text: string): Inventory {
  const { inventory, problems } = parseInventory(text, "/pimesh.yaml", surroundings);
  if (inventory === undefined || problems.length > 0) {
    throw new Error(problems.map((problem) => formatProblem("pimesh.yaml", problem)).join("\n"));
  }
  return inventory;
}

/** A sound inventory with `more` at its end and these lines below its one node. */
export function withNode(lines: string, more = ""): string {
  const indented =
    lines === ""
      ? ""
      : lines
          .split("\n")
          .map((line) => `    ${line}\n`)
          .join("");
  return `laptop:\n  tree: ~/btsync\nnodes:\n  mom:\n    address: mom.example.org\n${indented}${more}`;
}
