import type { Inventory } from "../inventory/inventory.ts";
import type { LaptopRules } from "../provision/laptop-rules.ts";
import { ourFolder } from "../syncthing/our-folder.ts";
import { writeLaptopRules } from "../syncthing/write-laptop-rules.ts";
import type { Context } from "./context.ts";
import type { Home, NodeHome } from "./home-to-pair.ts";
import { quietFamily } from "./quiet-family.ts";

/**
 * Gives the laptop's tree its new rules while the family is paused; where its Syncthing does not share the tree yet, nobody has to be. What
 * they hide from now on stays where it is, here and at the other homes [ran]. Errors: those of `writeLaptopRules`.
 */
export async function changeLaptopRules(
  context: Context,
  inventory: Inventory,
  {
    home,
    rules,
    nodes,
  }: { readonly home: Home; readonly rules: LaptopRules; readonly nodes: readonly NodeHome[] },
): Promise<void> {
  const shares = home.state.config.folders.some(({ id, paused }) => id === ourFolder.id && !paused);
  if (!shares) return writeLaptopRules(home.tree, rules);
  const quiet = await quietFamily(context, inventory, {
    nodes: nodes.map(({ node, connection, place }) => ({
      node,
      connection,
      lock: `${place.profile.stateFolder}/lock`,
    })),
    silent: [],
    pause: true,
  });
  try {
    await writeLaptopRules(home.tree, rules);
  } finally {
    await quiet.resume();
  }
}
