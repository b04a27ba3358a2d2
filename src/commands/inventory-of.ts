import type { Inventory } from "../inventory/inventory.ts";
import type { Context } from "./context.ts";

/** The inventory of this run. Loading it brings yaml and zod, so it is loaded by the commands that need it. */
export async function inventoryOf(
  context: Context,
  options: { readonly inventory?: string },
): Promise<Inventory> {
  const { loadInventory } = await import("../inventory/load.ts");
  return loadInventory({
    ...(options.inventory === undefined ? {} : { explicit: options.inventory }),
    cwd: context.cwd,
    env: context.env,
    home: context.home,
  });
}
