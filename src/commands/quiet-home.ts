import { PimeshError } from "../core/error.ts";
import { sh } from "../core/shell.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Instance } from "../syncthing/instance.ts";
import { laptopInstance } from "../syncthing/laptop-instance.ts";
import { nodeInstance } from "../syncthing/node-instance.ts";
import { ourFolder, syncthingHome } from "../syncthing/our-folder.ts";
import { resumeFolder } from "../syncthing/pause-folder.ts";
import { untilItListens } from "../syncthing/until-it-listens.ts";
import type { Context } from "./context.ts";

/** One Syncthing of the family, while the others' rules change. Whoever opened it closes it. */
export interface QuietHome extends AsyncDisposable {
  readonly name: string;
  readonly instance: Instance;
  /** Lets the folder go on, once the node has done what it was told. Errors: those of `openRest`, E-LOCKED. */
  readonly resume: () => Promise<void>;
}

/** A node that this run works on. */
export interface BusyNode {
  readonly node: Node;
  readonly connection: Connection;
  /** Path of the lock that its apply holds. */
  readonly lock: string;
}

/**
 * The Syncthing of a node that this run has a connection to; undefined where it has none. What goes through it ends with its own
 * deadlines and not with Ctrl-C: a folder that was paused has to go on. Errors: those of `nodeInstance`.
 */
export async function busyHome(
  context: Context,
  inventory: Inventory,
  { node, connection, lock }: BusyNode,
): Promise<QuietHome | undefined> {
  const instance = await instanceOf(node, connection, "root");
  if (instance === undefined) return undefined;
  return {
    name: node.name,
    instance,
    async resume() {
      if (context.signal.aborted) await untilItIsFree(connection, lock);
      try {
        await goOn(instance);
      } catch (error) {
        if (context.signal.aborted || !isCut(error)) throw error;
        await using again = await otherHome(context, inventory, node);
        if (again === undefined) throw error;
        await again.resume();
      }
    },
    [Symbol.asyncDispose]: async () => instance[Symbol.dispose](),
  };
}

/**
 * The same of a node that the run does not work on: it is reached for this alone, and asks for no password. Errors: those of
 * `Context.connect` and `nodeInstance`.
 */
export async function otherHome(
  context: Context,
  inventory: Inventory,
  node: Node,
): Promise<QuietHome | undefined> {
  const connection = await context.connect(node, inventory);
  const close = (): PromiseLike<void> => connection[Symbol.asyncDispose]();
  let instance: Instance | undefined;
  try {
    instance = await instanceOf(node, connection, node.sudoPasswordFile === undefined ? "free-root" : "root");
  } catch (error) {
    await close();
    throw error;
  }
  if (instance === undefined) {
    await close();
    return undefined;
  }
  const { [Symbol.dispose]: end } = instance;
  return {
    name: node.name,
    instance,
    resume: () => goOn(instance),
    async [Symbol.asyncDispose]() {
      end();
      await close();
    },
  };
}

/** The user's own Syncthing on this machine. Errors: those of `laptopInstance`. */
export async function laptopsHome({ env, home, stateFolder }: Context): Promise<QuietHome | undefined> {
  const { signal } = new AbortController();
  const instance = await laptopInstance({ env, home, platform: process.platform, stateFolder, signal });
  if (instance === undefined) return undefined;
  return {
    name: "laptop",
    instance,
    resume: () => goOn(instance),
    [Symbol.asyncDispose]: async () => instance[Symbol.dispose](),
  };
}

function instanceOf(
  node: Node,
  connection: Connection,
  as: "root" | "free-root",
): Promise<Instance | undefined> {
  const { signal } = new AbortController();
  return nodeInstance(connection, {
    home: syncthingHome(node),
    downHint: `pimesh status ${node.name}`,
    as,
    signal,
  });
}

/** An apply may have started the engine anew. */
async function goOn({ rest }: Instance): Promise<void> {
  try {
    await resumeFolder(rest, ourFolder.id);
  } catch (error) {
    if (!(error instanceof PimeshError) || error.code !== "E-ENGINE-DOWN") throw error;
    await untilItListens(rest, 30_000);
    await resumeFolder(rest, ourFolder.id);
  }
}

/** The line, or Syncthing in the middle of a restart: a new connection tells. */
function isCut(error: unknown): boolean {
  return error instanceof PimeshError && /^E-(?:CONNECTION-LOST|TIMED-OUT)$/.test(error.code);
}

/** Ctrl-C ends our waiting, not the apply on the node: its rules may be about to change. Errors: E-LOCKED. */
async function untilItIsFree(connection: Connection, lock: string): Promise<void> {
  const { signal } = new AbortController();
  const { code } = await connection.run(
    sh`command -v flock >/dev/null || exit 0
[ -e "$root"${lock} ] || exit 0
left=60
until flock -n "$root"${lock} true; do
  [ "$left" -gt 0 ] || exit 1
  left=$((left - 1))
  sleep 1
done
`,
    { as: "root", signal, silenceMs: 90_000 },
  );
  if (code === 0) return;
  throw new PimeshError("E-LOCKED", "it still does what it was told before the interruption", {
    node: connection.node,
  });
}
