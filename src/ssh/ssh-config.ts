import { PimeshError } from "../core/error.ts";
import { askTool, type ToolAnswer } from "./tool.ts";
import { expandForShell, expandTokens } from "./tokens.ts";

/** What the user's own ssh configuration says about one host. */
export interface HostConfig {
  /** The name or number to dial. */
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Private keys in the order of the configuration; the defaults of OpenSSH where nothing is configured. */
  readonly identityFiles: readonly string[];
  /** Offer no other keys of the agent. */
  readonly identitiesOnly: boolean;
  /** Socket of the agent; undefined for none. */
  readonly agentSocket: string | undefined;
  /** `[user@]host[:port]` in the order in which they are gone through. */
  readonly proxyJump: readonly string[];
  /** For `/bin/sh -c`; every token is expanded. */
  readonly proxyCommand: string | undefined;
  readonly hostKeyAlias: string | undefined;
  readonly knownHostsFiles: readonly string[];
  /** Longest time for one address in milliseconds. */
  readonly connectTimeoutMs: number | undefined;
  /** The user's certificates, which ssh2 cannot present. */
  readonly certificateFiles: readonly string[];
}

export interface ConfigQuestion {
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
}

export interface Laptop {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  readonly home: string;
  readonly toolTimeoutMs: number;
}

/**
 * Asks `ssh -G`, which knows Include, Match, canonical names and every other rule of ssh_config(5). Without OpenSSH
 * on the laptop the question alone decides. StrictHostKeyChecking is not read: pimesh is always strict.
 */
export async function hostConfig(question: ConfigQuestion, laptop: Laptop): Promise<HostConfig> {
  refuseOptions(question);
  const answer = await askConfig(question, laptop);
  if (answer.kind === "absent") return plainConfig(question, laptop);
  if (answer.code !== 0) {
    throw new PimeshError(
      "E-SSH-PROTOCOL",
      `the ssh configuration for ${question.host} cannot be read: ${firstLine(answer.stderr)}`,
      { hint: `ssh -G ${question.host}` },
    );
  }
  return parseConfig(answer.stdout, question, laptop);
}

/** `ssh -G` about one host; `more`: further words for it. */
export function askConfig(
  { host, port, user }: ConfigQuestion,
  { env, toolTimeoutMs }: Laptop,
  more: readonly string[] = [],
): Promise<ToolAnswer> {
  const given = [
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
  ];
  return askTool("ssh", [...more, "-G", ...given, "--", host], { env, timeoutMs: toolTimeoutMs });
}

/** `keyword value` lines as `ssh -G` prints them: keywords in lower case, some of them several times. */
export function parseConfig(text: string, question: ConfigQuestion, laptop: Laptop): HostConfig {
  const values = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (space < 1) continue;
    const key = line.slice(0, space);
    values.set(key, [...(values.get(key) ?? []), line.slice(space + 1).trim()]);
  }
  const one = (key: string): string | undefined => {
    const value = values.get(key)?.[0];
    return value === undefined || value === "" || value.toLowerCase() === "none" ? undefined : value;
  };
  const plain = plainConfig(question, laptop);
  const hostName = one("hostname") ?? plain.hostName;
  const port = Number(one("port") ?? plain.port);
  const user = one("user") ?? plain.user;
  const hostKeyAlias = one("hostkeyalias");
  const tokens = {
    "%": "%",
    h: hostName,
    n: question.host,
    p: String(port),
    r: user,
    u: laptop.env["USER"] ?? user,
    d: laptop.home,
    k: hostKeyAlias ?? hostName,
    i: String(process.getuid?.() ?? 0),
  };
  const path = (value: string): string => expandHome(expandTokens(value, tokens), laptop);
  const paths = (key: string): string[] =>
    (values.get(key) ?? []).filter((value) => value !== "" && value.toLowerCase() !== "none").map(path);
  const files = (key: string): string[] => splitPaths(one(key) ?? "").map(path);
  const timeout = Number(one("connecttimeout") ?? Number.NaN);
  const proxyCommand = one("proxycommand");
  return {
    hostName,
    port,
    user,
    hostKeyAlias,
    identityFiles: paths("identityfile"),
    certificateFiles: paths("certificatefile"),
    identitiesOnly: one("identitiesonly") === "yes",
    agentSocket: agentSocket(values.get("identityagent")?.[0], path, laptop),
    proxyJump: one("proxyjump")?.split(",") ?? [],
    proxyCommand: proxyCommand === undefined ? undefined : expandForShell(proxyCommand, tokens),
    knownHostsFiles: [...files("userknownhostsfile"), ...files("globalknownhostsfile")],
    connectTimeoutMs: Number.isFinite(timeout) && timeout > 0 ? timeout * 1000 : undefined,
  };
}

function plainConfig(question: ConfigQuestion, laptop: Laptop): HostConfig {
  return {
    hostName: question.host,
    port: question.port ?? 22,
    user: question.user ?? laptop.env["USER"] ?? laptop.env["USERNAME"] ?? "root",
    identityFiles: ["id_ed25519", "id_ecdsa", "id_rsa"].map((name) => `${laptop.home}/.ssh/${name}`),
    identitiesOnly: false,
    agentSocket: defaultAgent(laptop),
    proxyJump: [],
    proxyCommand: undefined,
    hostKeyAlias: undefined,
    knownHostsFiles: [],
    connectTimeoutMs: undefined,
    certificateFiles: [],
  };
}

/** ssh_config(5), IdentityAgent: `none`, `SSH_AUTH_SOCK`, `$NAME` of an environment variable, or a path. */
function agentSocket(
  value: string | undefined,
  path: (value: string) => string,
  laptop: Laptop,
): string | undefined {
  if (value === undefined || value === "" || value === "SSH_AUTH_SOCK") return defaultAgent(laptop);
  if (value.toLowerCase() === "none") return undefined;
  if (/^\$\w+$/.test(value)) return laptop.env[value.slice(1)] || undefined;
  return path(value);
}

function defaultAgent(laptop: Laptop): string | undefined {
  // The agent that comes with Windows listens on a named pipe and sets no variable.
  return (
    laptop.env["SSH_AUTH_SOCK"] ||
    (process.platform === "win32" ? String.raw`\\.\pipe\openssh-ssh-agent` : undefined)
  );
}

function expandHome(path: string, laptop: Laptop): string {
  if (path === "~") return laptop.home;
  return path.startsWith("~/") ? laptop.home + path.slice(1) : path;
}

/**
 * Absolute paths with blanks between them. `ssh -G` prints them without their quotes, so a word that begins no
 * path belongs to the one before it: a file that was missed here could hide a revoked key.
 */
function splitPaths(text: string): string[] {
  const paths: string[] = [];
  for (const word of text.split(" ")) {
    if (paths.length === 0 || /^([/~]|[A-Za-z]:[\\/]|__)/.test(word)) paths.push(word);
    else paths[paths.length - 1] += ` ${word}`;
  }
  return paths.map((path) => path.trim()).filter((path) => path !== "");
}

/** A host or user that begins with `-` would be an option of ssh, and options of ssh run programs. */
function refuseOptions(question: ConfigQuestion): void {
  for (const word of [question.host, question.user ?? ""]) {
    if (word.startsWith("-") || /\p{Cc}/u.test(word)) {
      throw new PimeshError("E-INVENTORY", `${JSON.stringify(word)} cannot be a host or user name`);
    }
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
