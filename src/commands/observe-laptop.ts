import { PimeshError } from "../core/error.ts";
import { laptopProblems } from "../health/laptop-problems.ts";
import type { MeasuredCounts } from "../history/measurement.ts";
import { readQuieted } from "../history/quieted.ts";
import { writeReference } from "../history/snapshot.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { ReferenceStatus } from "../report/status.ts";
import { countLaptop } from "../tree/count-laptop.ts";
import type { Counts } from "../tree/entry.ts";
import { makeFilter } from "../tree/filter.ts";
import { guardLaptopTree } from "../tree/laptop-guard.ts";
import { askLaptopEngine } from "./ask-laptop-engine.ts";
import type { Context } from "./context.ts";

export interface SeenLaptop extends ReferenceStatus {
  /** The count could not be kept. */
  readonly failed: readonly PimeshError[];
}

/**
 * Counts the laptop's own tree, by the same rules as the nodes'. The guard speaks before and after: a partition that is
 * unmounted while we count would otherwise look like deleted files. Errors are values: the nodes are asked all the same.
 */
export async function observeLaptop(
  context: Context,
  inventory: Inventory,
  options: { readonly accept: boolean; readonly progress: (entries: number) => void },
): Promise<SeenLaptop> {
  const { laptop, ignore } = inventory;
  const { stateFolder, signal } = context;
  // Asked while the tree is counted: both are this machine's own.
  const asked = askLaptopEngine(context, inventory);
  asked.catch(() => undefined);
  const spoken = async (): Promise<Pick<ReferenceStatus, "name" | "tree" | "engine" | "problems">> => {
    const engine = await asked;
    const pausedByUs = (await readQuieted(stateFolder)).includes("laptop");
    const promised = laptop.engine === "syncthing";
    const about = { promised, tree: laptop.tree, pausedByUs, now: context.now() };
    const problems = engine === undefined ? [] : laptopProblems(engine, about);
    return { name: "laptop", tree: laptop.tree, engine, problems };
  };
  try {
    await guardLaptopTree({ stateFolder, laptop, on: options.accept ? "accept" : "check" });
    const { tree, folders } = laptop;
    const filter = makeFilter({ ignore });
    const counts = measured(await countLaptop({ tree, folders, filter, signal }, options.progress));
    await guardLaptopTree({ stateFolder, laptop, on: "check" });
    const counted = { at: context.now(), counts };
    const failed = await keep(() => writeReference(stateFolder, { tree: laptop.tree, counted }));
    return { ...(await spoken()), counted, error: undefined, failed };
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    if (error.code === "E-INTERRUPTED") throw error;
    return { ...(await spoken()), counted: undefined, error, failed: [] };
  }
}

/** JSON has no `undefined`. */
export function measured(counts: Counts): MeasuredCounts {
  return { ...counts, newest: counts.newest ?? null };
}

async function keep(write: () => Promise<void>): Promise<PimeshError[]> {
  try {
    await write();
    return [];
  } catch (error) {
    if (error instanceof PimeshError) return [error];
    throw error;
  }
}
