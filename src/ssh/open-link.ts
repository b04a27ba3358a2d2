import type { Duplex } from "node:stream";
import { PimeshError } from "../core/error.ts";
import type { Prompt } from "../core/prompt.ts";
import { dial } from "./dial.ts";
import { hostKeyAlgorithms } from "./host-key-algorithms.ts";
import { decide, expectedTypes, type Expectation } from "./host-key-decision.ts";
import { showKey, type HostKey } from "./host-key.ts";
import { knownHost, knownHostsName, type KnownHost } from "./known-hosts.ts";
import type { KeyFile } from "./key-file.ts";
import { Link } from "./link.ts";
import { Login } from "./login.ts";
import { gatherOffers } from "./offers.ts";
import type { Passphrases } from "./passphrases.ts";
import type { Pin, Pins } from "./pins.ts";
import { proxyCommand } from "./proxy-command.ts";
import { openSession, SessionFailure } from "./session.ts";
import type { HostConfig, Laptop } from "./ssh-config.ts";
import type { Timeouts } from "./timeouts.ts";

export interface LinkOptions {
  readonly laptop: Laptop;
  readonly pins: Pins;
  readonly prompt: Prompt;
  /** See `keyFiles`. */
  readonly readKey: (path: string) => Promise<KeyFile>;
  readonly passphrases: Passphrases;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
  readonly now: () => number;
}

/** How a machine is reached. */
export type Way =
  | { readonly kind: "direct" }
  | { readonly kind: "jump"; readonly link: Link }
  | { readonly kind: "command"; readonly command: string };

/** One machine to log in to. */
export interface Target {
  readonly name: string;
  readonly isNode: boolean;
  readonly address: string;
  readonly config: HostConfig;
  readonly pins: readonly Pin[];
  readonly inventoryFiles: readonly string[];
  readonly way: Way;
}

/**
 * An authenticated link to one machine: its host key judged by pins and known_hosts, then a login with the keys that the
 * laptop has. Throws `NoAnswer` or `SessionFailure` when the machine could not be talked to, else `PimeshError`.
 */
export async function openLink(target: Target, options: LinkOptions): Promise<Link> {
  const { laptop, timeouts, signal, prompt, readKey, passphrases } = options;
  const { name, isNode, address, config, way } = target;
  const known = await knownHostOf(config, laptop, target.pins.length > 0 ? "revoked" : "all");
  const expected: Expectation = { name, isNode, address, pins: target.pins, known };
  const offers = await gatherOffers({
    inventoryFiles: target.inventoryFiles,
    configFiles: config.identityFiles,
    certificateFiles: config.certificateFiles,
    identitiesOnly: config.identitiesOnly,
    agentSocket: config.agentSocket,
    home: laptop.home,
    readKey,
    passphrases,
    agentTimeoutMs: timeouts.tool,
  });
  const login = new Login({ node: name, username: config.user, address, offers, prompt });
  const { socket, words } = await openSocket(config, way, options);
  let refusal: PimeshError | undefined;
  try {
    const { client, software } = await openSession({
      socket,
      algorithms: hostKeyAlgorithms(expectedTypes(expected)),
      judge: (key) => {
        const verdict = decide(key, expected);
        if (verdict.kind === "refused") refusal = verdict.error;
        return verdict.kind !== "refused";
      },
      proven: (key) => remember(key, expected, options),
      login,
      timeouts,
      signal,
    });
    return new Link({
      name,
      address,
      client,
      socket,
      software,
      login: login.used,
      username: config.user,
    });
  } catch (error) {
    if (refusal) throw refusal;
    if (!(error instanceof SessionFailure)) throw error;
    if (error.stage === "login") throw loginFailure(error, login, name, address);
    const said = words();
    throw said === ""
      ? error
      : new SessionFailure(error.stage, error.reason, `${error.message} (${said})`, error.said);
  }
}

/** Something to talk SSH over. `words()` is what a ProxyCommand said on its stderr. */
export async function openSocket(
  config: HostConfig,
  way: Way,
  options: Pick<LinkOptions, "laptop" | "timeouts" | "signal">,
): Promise<{ readonly socket: Duplex; readonly words: () => string }> {
  const { laptop, timeouts, signal } = options;
  const { hostName, port } = config;
  const timeout = config.connectTimeoutMs ?? timeouts.dial;
  if (way.kind === "command") {
    const { stream, words } = proxyCommand(way.command, laptop.env);
    return { socket: stream, words };
  }
  const socket =
    way.kind === "direct"
      ? await dial(hostName, port, timeout, signal)
      : // Name lookup and TCP happen over there, behind a line of its own.
        await way.link.forward(hostName, port, timeout + timeouts.dial, signal);
  return { socket, words: () => "" };
}

/** What known_hosts says about the machine that a configuration leads to; see `knownHost`. */
export function knownHostOf(
  config: HostConfig,
  laptop: Laptop,
  wanted: "all" | "revoked",
): Promise<KnownHost> {
  const { env, toolTimeoutMs } = laptop;
  const name = knownHostsName(config.hostName, config.port, config.hostKeyAlias);
  return knownHost(name, config.knownHostsFiles, { env, timeoutMs: toolTimeoutMs, wanted });
}

/** After the server has proven that it owns the key: a node that known_hosts introduced is pinned from now on. */
async function remember(key: HostKey, expected: Expectation, options: LinkOptions): Promise<void> {
  const verdict = decide(key, expected);
  if (verdict.kind !== "introduced") return;
  const { name, address } = expected;
  const at = new Date(options.now()).toISOString();
  await options.pins.write(name, [{ ...key, at, from: "known_hosts" }]);
  options.notice(`${name}: ${verdict.by.where} knows the host key at ${address}; pinned ${showKey(key)}`);
}

/** The host key was right, so this is the node, and another address would be the same one. */
function loginFailure(failure: SessionFailure, login: Login, node: string, address: string): PimeshError {
  const { reason, message, said } = failure;
  if (reason === "not let in") return login.refusal(said);
  if (reason === "interrupted")
    return new PimeshError("E-INTERRUPTED", "interrupted during the login", { node });
  if (reason === "timed out") {
    return new PimeshError("E-TIMED-OUT", `${address} gave ${message} during the login`, { node });
  }
  return new PimeshError(
    "E-CONNECTION-LOST",
    `the connection to ${address} was lost during the login: ${message}`,
    {
      node,
      hint: "run the command again",
    },
  );
}
