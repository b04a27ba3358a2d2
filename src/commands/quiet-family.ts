import { PimeshError } from "../core/error.ts";
import { readQuieted, writeQuieted } from "../history/quieted.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { ourFolder } from "../syncthing/our-folder.ts";
import { isPausable, pauseFolder } from "../syncthing/pause-folder.ts";
import type { Context } from "./context.ts";
import { busyHome, laptopsHome, otherHome, type BusyNode, type QuietHome } from "./quiet-home.ts";

export interface Quiet {
  /** Lets everybody go on who was paused, by this run or by one that was cut off; also after Ctrl-C. */
  readonly resume: () => Promise<void>;
}

/**
 * While ignore rules change, no Syncthing of the family is to act on the new rules of one home and the old ones of another: all that can
 * be reached are paused, also those that the run does not name, then the rules change, then all go on. With `pause` false it only takes
 * care of what a run that was cut off has left paused.
 *
 * Who cannot be asked is told, and stops nobody: Syncthing deletes nothing for a rule that another home has or lacks [ran], and rules
 * that would hide files of the node itself have been refused before (`guardIgnoreChange`).
 */
export async function quietFamily(
  context: Context,
  inventory: Inventory,
  {
    nodes,
    silent,
    pause,
  }: {
    readonly nodes: readonly BusyNode[];
    /** Nodes that this run could not reach, and has told so. */
    readonly silent: readonly string[];
    readonly pause: boolean;
  },
): Promise<Quiet> {
  const { stateFolder } = context;
  const left = await readQuieted(stateFolder);
  if (!pause && left.length === 0) return { resume: async () => {} };
  const wanted = (name: string): boolean => (pause || left.includes(name)) && !silent.includes(name);
  const homes = await openHomes(context, inventory, nodes, {
    wanted,
    // One that is paused already is not to be told as going on
    what: (name) => (left.includes(name) ? "resumed" : "paused"),
  });
  const paused = new Set(left);
  const keep = (): Promise<void> => writeQuieted(stateFolder, [...paused]);
  if (pause) await pauseAll(context, homes, paused, keep);
  return {
    async resume() {
      await Promise.all(
        homes.map(async (home) => {
          const { name } = home;
          if (paused.has(name)) await told(context, name, "resumed", home.resume, () => paused.delete(name));
          await home[Symbol.asyncDispose]();
        }),
      );
      // It comes after an apply, whose report is not to be lost for it
      await keep().catch((error: unknown) => {
        if (!(error instanceof PimeshError)) throw error;
        context.err(`${error.render()}\n`);
      });
    },
  };
}

/** Whoever a person has paused is theirs to resume. */
async function pauseAll(
  context: Context,
  homes: readonly QuietHome[],
  paused: Set<string>,
  keep: () => Promise<void>,
): Promise<void> {
  const ours: QuietHome[] = [];
  await Promise.all(
    homes.map((home) =>
      told(
        context,
        home.name,
        "paused",
        () => isPausable(home.instance.rest, ourFolder.id),
        (isNews) => {
          if (isNews) ours.push(home);
        },
      ),
    ),
  );
  // Before it is done: what is cut off here must be found by the next run, and what gave no answer may have been done
  for (const { name } of ours) paused.add(name);
  await keep();
  if (context.signal.aborted) return;
  await Promise.all(
    ours.map(({ name, instance }) =>
      told(context, name, "paused", () => pauseFolder(instance.rest, ourFolder.id)),
    ),
  );
}

async function openHomes(
  context: Context,
  inventory: Inventory,
  busy: readonly BusyNode[],
  { wanted, what }: { wanted: (name: string) => boolean; what: (name: string) => "paused" | "resumed" },
): Promise<QuietHome[]> {
  const isBusy = new Set(busy.map(({ node }) => node.name));
  const others = inventory.nodes.filter(
    ({ name, engine }) => engine === "syncthing" && !isBusy.has(name) && wanted(name),
  );
  const opened: QuietHome[] = [];
  const open = (name: string, ask: () => Promise<QuietHome | undefined>): Promise<void> =>
    told(context, name, what(name), ask, (home) => {
      if (home !== undefined) opened.push(home);
    });
  await Promise.all([
    ...busy.map((each) => open(each.node.name, () => busyHome(context, inventory, each))),
    ...others.map((node) => open(node.name, () => otherHome(context, inventory, node))),
    ...(inventory.laptop.engine === false ? [] : [open("laptop", () => laptopsHome(context))]),
  ]);
  return opened;
}

/** One that does not run has nothing to be paused; anything else that goes wrong is told. */
async function told<T>(
  context: Context,
  name: string,
  what: "paused" | "resumed",
  ask: () => Promise<T>,
  then: (answer: T) => void = () => {},
): Promise<void> {
  try {
    then(await ask());
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    if (what === "paused" && error.code === "E-ENGINE-DOWN") return;
    const so =
      what === "paused"
        ? "it goes on meanwhile, by the rules that it has"
        : `it stays paused until: pimesh provision ${name === "laptop" ? "--all" : name}`;
    context.err(`${name}: its Syncthing could not be ${what}: ${error.message} (${error.code}); ${so}\n`);
  }
}
