import { PimeshError } from "../core/error.ts";
import { readQuieted, writeQuieted } from "../history/quieted.ts";
import type { Laptop, Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Instance } from "../syncthing/instance.ts";
import { laptopInstance } from "../syncthing/laptop-instance.ts";
import { nodeInstance } from "../syncthing/node-instance.ts";
import { ourFolder, syncthingHome } from "../syncthing/our-folder.ts";
import { pauseFolder, resumeFolder } from "../syncthing/pause-folder.ts";
import type { Context } from "./context.ts";

export interface Quiet {
  /** Lets everybody go on who was paused, by this run or by one that was cut off. */
  readonly resume: () => Promise<void>;
}

interface Home {
  readonly name: string;
  readonly instance: Instance;
}

/**
 * While ignore rules change, no Syncthing of the family is to act on the new rules of one home and the old ones of another: all that can
 * be reached are paused, then the rules change, then all go on. With `pause` false it only takes care of what a run that was cut off has
 * left paused. Who cannot be asked is told, and stops nobody.
 */
export async function quietFamily(
  context: Context,
  {
    nodes,
    laptop,
    pause,
  }: {
    readonly nodes: readonly { readonly node: Node; readonly connection: Connection }[];
    readonly laptop: Laptop;
    readonly pause: boolean;
  },
): Promise<Quiet> {
  const { stateFolder } = context;
  const left = await readQuieted(stateFolder);
  if (!pause && left.length === 0) return { resume: async () => {} };
  const homes = await openHomes(context, nodes, laptop);
  const paused = new Set(left);
  const keep = (): Promise<void> => writeQuieted(stateFolder, [...paused]);
  if (pause) {
    // Before it is done: what is cut off here must be found by the next run
    for (const { name } of homes) paused.add(name);
    await keep();
    await Promise.all(
      homes.map(async ({ name, instance }) => {
        const isNews = await asked(context, name, "paused", () => pauseFolder(instance.rest, ourFolder.id));
        if (isNews !== true && !left.includes(name)) paused.delete(name);
      }),
    );
    await keep();
  }
  return {
    async resume() {
      await Promise.all(
        homes.map(async ({ name, instance }) => {
          if (!paused.has(name)) return;
          const done = await asked(context, name, "resumed", async () => {
            await resumeFolder(instance.rest, ourFolder.id);
            return true;
          });
          if (done === true) paused.delete(name);
        }),
      );
      for (const { instance } of homes) instance[Symbol.dispose]();
      await keep();
    },
  };
}

async function openHomes(
  context: Context,
  nodes: readonly { readonly node: Node; readonly connection: Connection }[],
  laptop: Laptop,
): Promise<Home[]> {
  const { env, home, stateFolder, signal } = context;
  const opened = [
    ...nodes.map(async ({ node, connection }) => ({
      name: node.name,
      instance: await asked(context, node.name, "paused", () =>
        nodeInstance(connection, { home: syncthingHome(node), downHint: `pimesh status ${node.name}` }),
      ),
    })),
    ...(laptop.engine === false
      ? []
      : [
          asked(context, "laptop", "paused", () =>
            laptopInstance({ env, home, platform: process.platform, stateFolder, signal }),
          ).then((instance) => ({ name: "laptop", instance })),
        ]),
  ];
  return (await Promise.all(opened)).flatMap(({ name, instance }) =>
    instance === undefined ? [] : [{ name, instance }],
  );
}

/** One that does not run has nothing to be paused; anything else that goes wrong is told. */
async function asked<T>(
  context: Context,
  name: string,
  what: "paused" | "resumed",
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    if (what === "paused" && error.code === "E-ENGINE-DOWN") return undefined;
    const after = what === "paused" ? "" : `; the next provision of ${name} tries again`;
    context.err(`${name}: its Syncthing could not be ${what}: ${error.message} (${error.code})${after}\n`);
    return undefined;
  }
}
