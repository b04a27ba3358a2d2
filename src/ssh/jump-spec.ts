import { PimeshError } from "../core/error.ts";

/** One hop of ProxyJump. */
export interface JumpSpec {
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
}

/** `[user@]host[:port]`, `[user@][v6]:port` or `ssh://[user@]host[:port]`, as ssh_config(5) has it for ProxyJump. */
export function parseJump(text: string): JumpSpec {
  const bare = text
    .trim()
    .replace(/^ssh:\/\//, "")
    .replace(/\/$/, "");
  const at = bare.lastIndexOf("@");
  const user = at < 0 ? undefined : bare.slice(0, at);
  const [host, port] = splitPort(bare.slice(at + 1));
  if (host === "" || user === "" || (port !== undefined && !(port >= 1 && port <= 65_535))) {
    throw new PimeshError("E-SSH-PROTOCOL", `ProxyJump ${JSON.stringify(text)} is not [user@]host[:port]`);
  }
  return { host, port, user };
}

/** The same hop as an argument for ssh. */
export function showJump({ host, port, user }: JumpSpec): string {
  const login = user === undefined ? host : `${user}@${host}`;
  if (port === undefined) return login;
  return `ssh://${user === undefined ? "" : `${user}@`}${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function splitPort(text: string): [host: string, port: number | undefined] {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed) return [bracketed[1] ?? "", bracketed[2] === undefined ? undefined : Number(bracketed[2])];
  const parts = text.split(":");
  // Several colons without brackets are an IPv6 address without a port.
  if (parts.length !== 2) return [text, undefined];
  return [parts[0] ?? "", Number(parts[1])];
}
