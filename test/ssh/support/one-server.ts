import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Node } from "../../../src/inventory/inventory.ts";
import type { Connection } from "../../../src/ssh/connection.ts";
import type { ReachOptions } from "../../../src/ssh/reach.ts";
import { makeKeyPair, type KeyPair } from "../../support/key-pair.ts";
import { startSshServer, type SshServer, type SshServerOptions } from "../../support/ssh-server.ts";
import { testLaptop, testNode, type TestLaptop } from "./reach-for-tests.ts";

export interface OneServer {
  readonly laptop: TestLaptop;
  readonly server: SshServer;
  readonly hostKey: KeyPair;
  readonly identity: KeyPair;
  readonly node: Node;
  readonly connect: (options?: Partial<ReachOptions>) => Promise<Connection>;
}

/** A node `mom` behind the in-process server, its host key pinned and the laptop's key let in. */
export async function oneServer(
  options: Partial<SshServerOptions> & { readonly node?: Partial<Node>; readonly laptop?: TestLaptop } = {},
): Promise<OneServer> {
  const laptop = options.laptop ?? testLaptop();
  const hostKey = makeKeyPair(join(laptop.home, "host_key"));
  const identity = makeKeyPair(join(laptop.home, "identity"));
  const server = await start({ hostKeys: [hostKey], keys: [identity.publicLine], ...options });
  laptop.pin("mom", hostKey.publicLine);
  const node = testNode("mom", [server.port], { identityFiles: [identity.file], ...options.node });
  return {
    laptop,
    server,
    hostKey,
    identity,
    node,
    connect: (more) => laptop.reach([node], more).connect(node),
  };
}

/** A server that stops with the test. */
export async function start(options: SshServerOptions): Promise<SshServer> {
  const server = await startSshServer(options);
  onTestFinished(() => server.stop());
  return server;
}
