import pMap from "p-map";
import { PimeshError } from "../core/error.ts";
import type { Outcome } from "../core/outcome.ts";

/** How many are worked on side by side where nobody says otherwise. */
export const nodesAtOnce = 32;

/**
 * Works on many nodes side by side; the outcomes come back in the order of the nodes.
 *
 * Only a `PimeshError` becomes an outcome: anything else is a bug, not a sick node, and ends the run.
 */
export async function eachNode<N extends { readonly name: string }, T>(
  nodes: readonly N[],
  work: (node: N) => Promise<T>,
  options: { readonly concurrency?: number; readonly onOutcome?: (outcome: Outcome<T>) => void } = {},
): Promise<Outcome<T>[]> {
  return pMap(
    nodes,
    async (node) => {
      const outcome = await outcomeOf(node, work);
      options.onOutcome?.(outcome);
      return outcome;
    },
    { concurrency: options.concurrency ?? nodesAtOnce },
  );
}

async function outcomeOf<N extends { readonly name: string }, T>(
  node: N,
  work: (node: N) => Promise<T>,
): Promise<Outcome<T>> {
  try {
    return { node: node.name, ok: true, value: await work(node) };
  } catch (error) {
    if (error instanceof PimeshError) return { node: node.name, ok: false, error };
    throw error;
  }
}
