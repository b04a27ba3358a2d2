import { fileCost } from "../engine/file-cost.ts";
import type { ExitCode } from "../core/exit-code.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { selectNode } from "../inventory/select.ts";
import { renderJson } from "../render/json.ts";
import { liveLines } from "../render/live.ts";
import { renderProjects } from "../render/projects.ts";
import { projectsDocument, projectsReport, type ProjectsResult } from "../report/projects.ts";
import { findProjects, type Projects } from "../tree/projects.ts";
import type { Context } from "./context.ts";
import { laptopSide, nodeSide, type DiffSide } from "./diff-side.ts";
import { inventoryOf } from "./inventory-of.ts";

export interface ProjectsOptions {
  readonly inventory?: string;
  /** One JSON document. */
  readonly json?: boolean;
  /** Bytes as plain numbers. */
  readonly bytes?: boolean;
  /** Takes the laptop's tree as it is now for the right one. */
  readonly acceptLaptopTree?: boolean;
}

/** Reads a tree and names what does badly in one that is synced. Exit code 1 when there is something. */
export async function projects(context: Context, tree: string, options: ProjectsOptions): Promise<ExitCode> {
  return projectsOf(context, await inventoryOf(context, options), tree, options);
}

/** The same with the inventory at hand. */
export async function projectsOf(
  context: Context,
  inventory: Inventory,
  tree: string,
  options: ProjectsOptions,
): Promise<ExitCode> {
  const node = tree === "laptop" ? undefined : selectNode(inventory, tree);
  using lines = liveLines(context, [tree]);
  const read = async (side: DiffSide): Promise<Projects> => {
    const found = await watched(side, (entries) => lines.update(tree, `${entries} entries so far`));
    lines.finish();
    for (const note of side.notes()) context.err(`${tree}: ${note}\n`);
    return found;
  };
  let found: Projects;
  if (node === undefined) {
    found = await read(await laptopSide(context, inventory, options.acceptLaptopTree === true));
  } else {
    lines.update(tree, "connecting");
    await using connection = await context.connect(node, inventory);
    found = await read(nodeSide(connection, node, inventory, context.signal, "tree"));
  }
  const engines = node === undefined ? inventory.nodes.map(({ engine }) => engine) : [node.engine];
  const result: ProjectsResult = {
    tree,
    projects: found,
    inventory,
    home: context.home,
    cost: (files) => fileCost(engines, files),
  };
  const numbers = options.bytes === true ? "exact" : "human";
  context.out(
    options.json === true
      ? renderJson(projectsDocument(result))
      : renderProjects(result, context.terminal, numbers),
  );
  return projectsReport(result, numbers).exitCode;
}

async function watched(side: DiffSide, onProgress: (entries: number) => void): Promise<Projects> {
  const watch = setInterval(() => onProgress(side.scan.progress.entries), 250);
  try {
    return await findProjects(side.scan, side.hides);
  } finally {
    clearInterval(watch);
  }
}
