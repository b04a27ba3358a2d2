import type { Client } from "ssh2";

/**
 * Leaves out what ssh2 does behind every login to an OpenSSH server for an event that nobody here listens to: it has the
 * server prove all of its host keys (openssh/PROTOCOL, section 2.5), a signature with each. On a small Pi the one of an RSA key
 * costs more than everything that is asked of it. Trust belongs to the key that this connection has proven.
 */
export function leaveOtherHostKeys(client: Client): void {
  // No option turns it off (client.js, GLOBAL_REQUEST); where ssh2 is built otherwise, it goes on as it does
  const handlers = (client as Insides)["_protocol"]?.["_handlers"];
  const handle = handlers?.GLOBAL_REQUEST;
  if (handlers === undefined || typeof handle !== "function") return;
  handlers.GLOBAL_REQUEST = (protocol, name, ...rest) => {
    if (name !== "hostkeys-00@openssh.com") handle(protocol, name, ...rest);
  };
}

interface Insides {
  readonly _protocol?: { readonly _handlers?: Handlers };
}

interface Handlers {
  GLOBAL_REQUEST?: (protocol: unknown, name: string, ...rest: readonly unknown[]) => void;
}
