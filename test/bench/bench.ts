import { costOf, type Cost } from "./cost.ts";
import type { FarNode } from "./far-end.ts";
import type { Laptop } from "./laptop.ts";
import type { CommandOptions } from "./measured.ts";
import type { Options } from "./options.ts";
import type { PeerProgram } from "./peers.ts";
import type { Place } from "./place.ts";

/** What every measurement needs. */
export interface Bench {
  readonly place: Place;
  readonly options: Options;
  /** The command that is pimesh. */
  readonly pimesh: readonly string[];
  readonly missing: readonly PeerProgram[];
  /** Progress, for whoever waits. */
  readonly say: (text: string) => void;
  /** For the text below the table. */
  readonly note: (text: string) => void;
}

/** The cost of a run that has to end with one of these exit codes; any other is an Error with what it said. */
export async function mustCost(
  { place }: Bench,
  nodes: readonly FarNode[],
  command: readonly string[],
  options: CommandOptions & { readonly codes?: readonly number[] } = {},
): Promise<Cost> {
  const cost = await costOf(place, nodes, command, options);
  if (!(options.codes ?? [0]).includes(cost.code)) {
    const said = `${cost.stderr}${cost.stdout.subarray(0, 2000).toString("utf8")}`.trim();
    throw new Error(`exit code ${cost.code} of ${command.join(" ").slice(0, 300)}\n${said}`);
  }
  return cost;
}

/** The cost of a pimesh that starts from nothing but the host keys. */
export async function pimeshCost(
  bench: Bench,
  nodes: readonly FarNode[],
  laptop: Laptop,
  args: readonly string[],
  codes: readonly number[],
): Promise<Cost> {
  const command = [...bench.pimesh, ...args, "--inventory", laptop.inventory];
  return mustCost(bench, nodes, command, { env: await laptop.freshState(), codes });
}
