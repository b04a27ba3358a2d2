import type { ExitCode } from "../core/exit-code.ts";
import { selectNodes } from "../inventory/select.ts";
import type { Context } from "./context.ts";
import { inventoryOf } from "./inventory-of.ts";
import { reachEarly } from "./reach-early.ts";
import type { StatusOptions } from "./status-of.ts";

/** How the nodes stand. The way to them is the longest wait, so what asks and judges them is loaded meanwhile. */
export async function status(
  context: Context,
  names: readonly string[],
  options: StatusOptions,
): Promise<ExitCode> {
  const inventory = await inventoryOf(context, options);
  const nodes = selectNodes(inventory, names, { all: names.length === 0 });
  const reaching = reachEarly(context, inventory, nodes);
  // One after the other: the way to the nodes does not wait for the rest
  await import("../ssh/reach.ts");
  const { statusOf } = await import("./status-of.ts");
  return statusOf(reaching, inventory, nodes, options);
}
