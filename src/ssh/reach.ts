import { setMaxListeners } from "node:events";
import { PimeshError } from "../core/error.ts";
import type { Prompt } from "../core/prompt.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import type { Connection } from "./connection.ts";
import { keyFiles } from "./key-file.ts";
import type { Link } from "./link.ts";
import { lookAt, type Sight } from "./look.ts";
import { Passphrases } from "./passphrases.ts";
import { pinsIn, type Pins } from "./pins.ts";
import { SudoPassword } from "./root-way.ts";
import { Routes } from "./routes.ts";
import { SshConnection } from "./ssh-connection.ts";
import { defaultTimeouts, type Timeouts } from "./timeouts.ts";

export interface ReachOptions {
  readonly inventory: Inventory;
  /** Pins lie in its folder `pins`. */
  readonly stateFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  readonly home: string;
  readonly prompt: Prompt;
  /** Aborted by Ctrl-C: ends what is being connected, and every command without a signal of its own. */
  readonly signal: AbortSignal;
  /** Told once when known_hosts has introduced a node. */
  readonly notice?: (text: string) => void;
  readonly timeouts?: Partial<Timeouts>;
  /** Milliseconds since the epoch; for the date of a pin. */
  readonly now?: () => number;
}

/** All SSH connections of one run: one a node, jump hosts shared. Disposing it closes every one of them. */
export interface Reach extends AsyncDisposable {
  /**
   * A handle to the node's connection, made at the first call. Disposing the handle leaves the connection standing.
   * Throws every code of "reaching a node" in core/error.ts.
   */
  connect(node: Node): Promise<Connection>;
  /** The host key at each address of a node, proven by the server and not judged: for `pimesh trust`. Nothing about us is sent. */
  look(node: Node): Promise<readonly Sight[]>;
  readonly pins: Pins;
}

export function openReach(options: ReachOptions): Reach {
  const { inventory, stateFolder, env, home, prompt } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  // Every address, login and command listens to it.
  setMaxListeners(0, signal);
  const pins = pinsIn(stateFolder);
  const routes = new Routes({
    inventory,
    laptop: { env, home, toolTimeoutMs: timeouts.tool },
    pins,
    prompt,
    readKey: keyFiles(),
    passphrases: new Passphrases(prompt),
    timeouts,
    signal,
    notice: options.notice ?? (() => undefined),
    now: options.now ?? Date.now,
  });
  const connections = new Map<string, Promise<SshConnection>>();

  const open = async (node: Node): Promise<SshConnection> => {
    const link = await routes.toNode(node);
    const { username } = link;
    const password = new SudoPassword({ node: node.name, username, file: node.sudoPasswordFile, prompt });
    const more = (lane: number): Promise<Link> => routes.toNode(node, lane);
    return new SshConnection({ link, timeouts, signal, password, more });
  };
  const connect = async (node: Node): Promise<Connection> => {
    if (closing.signal.aborted) throw new Error("the reach is closed");
    const standing = connections.get(node.name);
    if (standing && !(await standing).isLost) return (await standing).lend();
    if (connections.get(node.name) !== standing) return connect(node);
    const opened = open(node);
    connections.set(node.name, opened);
    opened.catch(() => {
      if (connections.get(node.name) === opened) connections.delete(node.name);
    });
    return (await opened).lend();
  };
  return {
    connect: (node) => explain(connect(node), options.signal, node.name),
    look: (node) => explain(lookAt(node, routes, options.signal), options.signal, node.name),
    pins,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await routes.close();
    },
  };
}

/** Whatever broke because of Ctrl-C is an interruption, not a sick node. */
async function explain<T>(work: Promise<T>, signal: AbortSignal, node: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new PimeshError("E-INTERRUPTED", "interrupted on the way to the node", { node, cause: error });
  }
}
