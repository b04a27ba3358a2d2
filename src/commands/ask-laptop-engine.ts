import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PimeshError } from "../core/error.ts";
import { differingRules, type DifferingRules } from "../engine/differing-rules.ts";
import { engines } from "../engine/engines.ts";
import { readIgnoreFile } from "../engine/ignore-file.ts";
import type { LaptopEngine } from "../health/laptop-problems.ts";
import { readDeviceIds } from "../history/device-ids.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { askStatus } from "../syncthing/ask-status.ts";
import { engineStatus } from "../syncthing/engine-status.ts";
import type { Instance } from "../syncthing/instance.ts";
import { laptopInstance } from "../syncthing/laptop-instance.ts";
import { markerOf, ourFolder } from "../syncthing/our-folder.ts";
import { namesOf, told } from "./ask-engine.ts";
import type { Context } from "./context.ts";
import { laptopPlace } from "./laptop-place.ts";

/**
 * What the laptop's own Syncthing knows, asked on this machine alone. Undefined where it takes no part: the inventory says so, or says
 * nothing and there is none, or one without the family's folder, or no node runs Syncthing. That it cannot be asked is an answer too.
 * Errors: E-INTERRUPTED.
 */
export async function askLaptopEngine(
  context: Context,
  inventory: Inventory,
): Promise<LaptopEngine | undefined> {
  const { laptop, nodes, ignore } = inventory;
  const promised = laptop.engine === "syncthing";
  if (laptop.engine === false || (!promised && !nodes.some(({ engine }) => engine === "syncthing"))) {
    return undefined;
  }
  const { env, home, stateFolder, signal } = context;
  const rules = await laptopRules(laptop.tree, ignore);
  const silent = (error: unknown): LaptopEngine => {
    if (!(error instanceof PimeshError) || error.code === "E-INTERRUPTED") throw error;
    if (error.code === "E-ENGINE-DOWN") return { runs: "stopped", sync: undefined, ignore: rules };
    const { code, message: why, hint = null } = error;
    return { runs: "yes", sync: { kind: "silent", code, why, hint }, ignore: rules };
  };
  try {
    using instance = await laptopInstance({ env, home, platform: process.platform, stateFolder, signal });
    if (instance === undefined) {
      return promised ? { runs: "absent", sync: undefined, ignore: rules } : undefined;
    }
    const engine = await ask(context, inventory, instance)
      .then((sync): LaptopEngine => ({ runs: "yes", sync, ignore: rules }))
      .catch(silent);
    // Somebody's own, for other things
    const { sync } = engine;
    const hasOurs = sync?.kind === "told" ? sync.state !== "not-set-up" : instance.paired.devices.length > 0;
    return promised || hasOurs ? engine : undefined;
  } catch (error) {
    return promised ? silent(error) : undefined;
  }
}

async function ask(
  { stateFolder, home }: Context,
  inventory: Inventory,
  { rest }: Instance,
): Promise<NonNullable<LaptopEngine["sync"]>> {
  const { tree } = inventory.laptop;
  const answers = await askStatus(rest, ourFolder.id);
  const names = namesOf(await readDeviceIds(stateFolder), inventory);
  const { uuid } = await laptopPlace(tree);
  const folder = answers.folder && {
    ...answers.folder,
    path: answers.folder.path.replace(/^~(?=\/|$)/, home),
  };
  return told(engineStatus(answers, names), { ...answers, folder }, { tree, marker: markerOf(uuid) });
}

/** A file that cannot be read is no news here: the count of the tree tells what is closed. */
async function laptopRules(tree: string, patterns: readonly string[]): Promise<DifferingRules | undefined> {
  const kind = "syncthing";
  try {
    return differingRules(
      kind,
      [readIgnoreFile(kind, await readFile(join(tree, engines[kind].ignoreFile)))],
      patterns,
    );
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isAbsent ? differingRules(kind, [], patterns) : undefined;
  }
}
