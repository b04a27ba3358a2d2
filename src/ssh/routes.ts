import { PimeshError } from "../core/error.ts";
import type { Address, Inventory, Node } from "../inventory/inventory.ts";
import { NoAnswer } from "./dial.ts";
import { fateOf, noAddress, type Fate } from "./fate.ts";
import { hostKeyAlgorithms } from "./host-key-algorithms.ts";
import { expectedTypes, type Expectation } from "./host-key-decision.ts";
import type { HostKey } from "./host-key.ts";
import { parseJump, showJump } from "./jump-spec.ts";
import type { Link } from "./link.ts";
import { knownHostOf, openLink, openSocket, type LinkOptions, type Target, type Way } from "./open-link.ts";
import { openSession } from "./session.ts";
import { hostConfigs } from "./host-configs.ts";
import type { ConfigQuestion, HostConfig } from "./ssh-config.ts";

export interface RoutesOptions extends LinkOptions {
  readonly inventory: Inventory;
}

/** The ways to the nodes: which address, through which hosts. Every host on a way is a link that others share. */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #configOf: (question: ConfigQuestion) => Promise<HostConfig>;
  readonly #links = new Map<string, Promise<Link>>();
  readonly #opened: { readonly link: Link; readonly depth: number }[] = [];

  constructor(options: RoutesOptions) {
    this.#options = options;
    this.#configOf = hostConfigs(options.laptop);
  }

  /** The first address that answers and proves the node's host key. `lane` counts connections beside the first one. */
  async toNode(node: Node, lane = 0): Promise<Link> {
    return this.#shared(`node ${node.name} ${lane}`, async () => {
      const fates: Fate[] = [];
      const pins = await this.#options.pins.read(node.name);
      const jump = await this.#inventoryJump(node);
      for (const address of node.addresses) {
        const config = await this.#config(address.host, address.port, node.user);
        try {
          return await this.#open({
            name: node.name,
            isNode: true,
            address: address.text,
            config,
            pins,
            inventoryFiles: node.identityFiles,
            way: jump ?? (await this.#configuredWay(config, [])),
          });
        } catch (error) {
          if (this.#options.signal.aborted || isFinal(error)) throw error;
          fates.push(fateOf(address.text, node.name, error));
        }
      }
      throw noAddress(node.name, fates);
    });
  }

  /** The host key that one address of a node proves to own, whatever is pinned. */
  async hostKeyAt(node: Node, address: Address): Promise<{ key: HostKey; revokedBy: string | undefined }> {
    const config = await this.#config(address.host, address.port, node.user);
    const { laptop, timeouts, signal, pins } = this.#options;
    const known = await knownHostOf(config, laptop, "all");
    const way = (await this.#inventoryJump(node)) ?? (await this.#configuredWay(config, []));
    // Damaged pins decide nothing here: looking is how they are repaired.
    const pinned = await pins.read(node.name).catch(() => []);
    const expected: Expectation = {
      name: node.name,
      isNode: true,
      address: address.text,
      pins: pinned,
      known,
    };
    const { socket } = await openSocket(config, way, this.#options);
    const seen: HostKey[] = [];
    await openSession({
      socket,
      algorithms: hostKeyAlgorithms(expectedTypes(expected)),
      judge: (key) => seen.push(key) > 0,
      login: "none",
      timeouts,
      signal,
    });
    socket.destroy();
    const [key] = seen;
    if (!key) throw new NoAnswer("it showed no host key");
    return { key, revokedBy: known.revoked.find((entry) => entry.key === key.key)?.where };
  }

  /** Closes every link, those behind a jump host before the jump host. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#links.values());
    const depths = [...new Set(this.#opened.map(({ depth }) => depth))].toSorted((a, b) => b - a);
    for (const depth of depths) {
      await Promise.all(this.#opened.filter((one) => one.depth === depth).map(({ link }) => link.close()));
    }
  }

  /** One link a key and run; a lost or failed one is made anew when it is asked for again. */
  async #shared(key: string, make: () => Promise<Link>): Promise<Link> {
    const standing = this.#links.get(key);
    if (standing && (await standing).lost === undefined) return standing;
    if (this.#links.get(key) !== standing) return this.#shared(key, make);
    const made = make();
    this.#links.set(key, made);
    made.catch(() => {
      if (this.#links.get(key) === made) this.#links.delete(key);
    });
    return made;
  }

  /** The inventory's jump; it wins over the user's ssh configuration. */
  async #inventoryJump(node: Node): Promise<Way | undefined> {
    if (node.jump === undefined) return undefined;
    const jump = this.#options.inventory.nodes.find(({ name }) => name === node.jump);
    if (!jump) throw new PimeshError("E-INVENTORY", `its jump host ${node.jump} is not in the inventory`);
    try {
      return { kind: "jump", link: await this.toNode(jump) };
    } catch (error) {
      throw behind(error, jump.name, node.name);
    }
  }

  async #configuredWay(config: HostConfig, seen: readonly string[]): Promise<Way> {
    if (config.proxyJump.length > 0) {
      return { kind: "jump", link: await this.#toHop(config.proxyJump, seen) };
    }
    return config.proxyCommand === undefined
      ? { kind: "direct" }
      : { kind: "command", command: config.proxyCommand };
  }

  /** The last host of a ProxyJump list, reached through the ones before it; the first may have jumps of its own. */
  async #toHop(chain: readonly string[], seen: readonly string[]): Promise<Link> {
    const key = `jump ${chain.join(",")}`;
    const text = chain.at(-1) ?? "";
    if (seen.includes(key)) {
      throw new PimeshError("E-SSH-PROTOCOL", `the ssh configuration jumps in a circle at ${text}`, {
        hint: `ssh -G ${text}`,
      });
    }
    return this.#shared(key, async () => {
      const spec = parseJump(text);
      const config = await this.#config(spec.host, spec.port, spec.user);
      const before = chain.slice(0, -1);
      try {
        const way: Way =
          before.length > 0
            ? { kind: "jump", link: await this.#toHop(before, [...seen, key]) }
            : await this.#configuredWay(config, [...seen, key]);
        const target = {
          name: showJump(spec),
          isNode: false,
          address: text,
          config,
          pins: [],
          inventoryFiles: [],
          way,
        };
        return await this.#open(target);
      } catch (error) {
        throw behind(error, text, undefined);
      }
    });
  }

  async #open(target: Target): Promise<Link> {
    const link = await openLink(target, this.#options);
    const { way } = target;
    this.#opened.push({ link, depth: way.kind === "jump" ? this.#depthOf(way.link) + 1 : 0 });
    return link;
  }

  #config(host: string, port: number | undefined, user: string | undefined): Promise<HostConfig> {
    return this.#configOf({ host, port, user });
  }

  #depthOf(link: Link): number {
    return this.#opened.find((one) => one.link === link)?.depth ?? 0;
  }
}

/** A failure of a host on the way, told as the failure of what lies behind it. */
function behind(error: unknown, jump: string, node: string | undefined): unknown {
  if (node === undefined && !(error instanceof PimeshError)) {
    return new NoAnswer(`its jump host ${jump}: ${fateOf(jump, jump, error).what}`, { cause: error });
  }
  if (!(error instanceof PimeshError)) return error;
  const { code, message, hint } = error;
  return new PimeshError(code, `its jump host ${jump}: ${message}`, {
    cause: error,
    ...(node === undefined ? {} : { node }),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Is there no point in trying the next address? */
function isFinal(error: unknown): boolean {
  return error instanceof PimeshError && !nextMayDo.has(error.code);
}

const nextMayDo = new Set([
  "E-HOST-KEY-CHANGED",
  "E-HOST-KEY-UNKNOWN",
  "E-HOST-KEY-REVOKED",
  "E-HOST-KEY-CONTRADICTION",
  "E-SSH-PROTOCOL",
]);
