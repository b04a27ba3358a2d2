import { stat } from "node:fs/promises";
import { exitCode, type ExitCode } from "../core/exit-code.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Context } from "./context.ts";

/** Every problem of the inventory, a line each, or one line that says what is in it. Throws E-INVENTORY-MISSING. */
export async function check(context: Context, options: { readonly inventory?: string }): Promise<ExitCode> {
  const [{ checkInventory }, { formatProblem }, { judgeKeys }] = await Promise.all([
    import("../inventory/load.ts"),
    import("../inventory/problem.ts"),
    import("../engine/fleet-keys.ts"),
  ]);
  const { cwd, env, home } = context;
  const places = { explicit: options.inventory, cwd, env, home };
  const { file, inventory, problems, notes } = await checkInventory(places, judgeKeys);
  if (inventory === undefined) {
    for (const problem of problems) context.out(`${formatProblem(file, problem)}\n`);
    return exitCode.usage;
  }
  context.out(`${file}: no problem found: ${contents(inventory)}\n`);
  for (const remark of [...notes, ...(await remarks(inventory))]) context.err(`note: ${remark}\n`);
  return exitCode.fine;
}

function contents({ nodes, ignore, peers }: Inventory): string {
  const names = nodes.map(({ name }) => name).join(", ");
  const peerCount = Object.keys(peers).length;
  return [
    `${count(nodes.length, "node")} (${names})`,
    count(ignore.length, "ignore pattern"),
    count(peerCount, "peer"),
  ].join(", ");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** What may well be meant so, but is worth a look. */
async function remarks({ laptop, nodes }: Inventory): Promise<string[]> {
  const found: string[] = [];
  const places = [
    ["laptop.tree", laptop.tree],
    ...Object.entries(laptop.folders).map(([name, path]) => [`laptop.folders.${name}`, path]),
  ];
  for (const [key, path] of places as [string, string][]) {
    const isFolder = await stat(path).then(
      (it) => it.isDirectory(),
      () => undefined,
    );
    if (isFolder === undefined) found.push(`${key}: ${path} cannot be seen on this machine now`);
    else if (!isFolder) found.push(`${key}: ${path} is not a folder`);
  }
  const engines = [...new Set(nodes.map(({ engine }) => engine).filter((engine) => engine !== false))];
  if (engines.length > 1) found.push(`${engines.join(" and ")} do not sync with each other`);
  return found;
}
