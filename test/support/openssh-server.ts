import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { makeKeyPair, type KeyPair, type KeyType } from "./key-pair.ts";
import { searchPath } from "./requires.ts";
import { freePort, startServer } from "./server-process.ts";

export interface OpenSshOptions {
  /** Stands for `/` of the node: PIMESH_ROOT of every session. */
  readonly root?: string;
  /** Folders to look in before the usual PATH, for stand-ins. */
  readonly path?: string;
  /** More environment of every session. */
  readonly env?: Readonly<Record<string, string>>;
  readonly hostKeys?: readonly KeyType[];
  /** More lines of sshd_config(5). */
  readonly config?: readonly string[];
  /** In place of a fresh port and fresh keys: a server that comes back. */
  readonly port?: number;
  readonly hostKeyFiles?: readonly KeyPair[];
}

export interface RealServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Who may log in: the user that runs the tests. */
  readonly user: string;
  /** HOME of the sessions. */
  readonly home: string;
  readonly hostKeys: readonly KeyPair[];
  /** Its public half is in the server's authorized_keys. */
  readonly identity: KeyPair;
  /** What the server logged. */
  readonly log: () => string;
  stop(): Promise<void>;
}

/** A real sshd on loopback with a configuration and keys of its own; it touches neither /etc/ssh nor ~/.ssh. */
export async function startOpenSsh(options: OpenSshOptions = {}): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-sshd-"));
  const hostKeys =
    options.hostKeyFiles ??
    (options.hostKeys ?? ["ed25519"]).map((type) => makeKeyPair(join(folder, `host_${type}`), { type }));
  const identity = makeKeyPair(join(folder, "identity"));
  writeFileSync(join(folder, "authorized_keys"), `${identity.publicLine} test\n`, { mode: 0o600 });
  const port = options.port ?? (await freePort());
  // Another home folder: bash reads ~/.bashrc also for a command over SSH, and the tests' user keeps his own in peace.
  const home = join(folder, "home");
  mkdirSync(home);
  const environment = {
    HOME: home,
    ...options.env,
    ...(options.root === undefined ? {} : { PIMESH_ROOT: options.root }),
    PATH: options.path === undefined ? searchPath : `${options.path}:${searchPath}`,
  };
  const config = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    ...hostKeys.map((key) => `HostKey ${key.file}`),
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    `PidFile ${join(folder, "pid")}`,
    // The folder lies below /tmp, which everybody may write to.
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "LogLevel VERBOSE",
    "MaxStartups 100",
    `SetEnv ${Object.entries(environment)
      .map(([name, value]) => `"${name}=${value}"`)
      .join(" ")}`,
    ...(options.config ?? []),
  ];
  writeFileSync(join(folder, "sshd_config"), `${config.join("\n")}\n`);
  // sshd that was started by root wants this folder of its package for privilege separation.
  if (process.getuid?.() === 0 && !existsSync("/run/sshd"))
    mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = await startServer("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], port);
  return {
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    home,
    hostKeys,
    identity,
    log: server.log,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
