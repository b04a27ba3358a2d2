import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from "ssh2";
import type { Pi } from "./pi.ts";
import { realPort } from "./pi-ports.ts";
import { startProcess, type Processes } from "./serve-process.ts";

export interface ServeOptions {
  /** Loopback port; 0 or undefined: a free one. */
  readonly port?: number;
  /** Private keys in any form that ssh2 reads; default: a new Ed25519 key. */
  readonly hostKeys?: readonly string[];
  /** Public keys, as in authorized_keys, that may log in. */
  readonly authorizedKeys?: readonly string[];
  /** Lets a password (and keyboard-interactive) in. */
  readonly password?: string;
  /** Login name that is let in; default the Pi's user. */
  readonly user?: string;
  /** Sent before authentication, as sshd's Banner. */
  readonly banner?: string;
  /** What a login file prints before each command: on stdout and on stderr. */
  readonly noise?: { readonly stdout?: string; readonly stderr?: string };
  /** Milliseconds between the pieces of a command's output. */
  readonly delayMs?: number;
  /** Cuts the connection: at a stage, or after so many bytes of all commands' output. Changeable while it runs. */
  readonly drop?: Drop;
  /** Goes silent without closing anything: accepts TCP and says nothing, or accepts a command and never runs it. */
  readonly hang?: "connect" | "exec";
  /** How long a command may go on when its connection is gone, before it is killed. Default 5,000 ms. */
  readonly graceMs?: number;
  /** Told of each command as it arrives, for tests. */
  readonly onCommand?: (command: string) => void;
}

export type Drop = { readonly at: "connect" | "auth" | "ready" | "exec" } | { readonly afterBytes: number };

export interface PiServer extends AsyncDisposable {
  readonly port: number;
  /** One line for each host key, as in a .pub file. */
  readonly hostKeys: readonly string[];
  /** What it saw so far. */
  readonly seen: {
    connections: number;
    logins: number;
    commands: number;
    bytesOut: number;
    authentication: string[];
  };
  /** Changes the knob for what comes. */
  setDrop(drop: Drop | undefined): void;
  /** Cuts every connection now, as a pulled cable would with a reset. */
  cut(): void;
  /** Ends connections, kills what still runs and gives the port back. */
  close(): Promise<void>;
}

/**
 * An SSH server on 127.0.0.1 in front of a simulated Pi: every exec request runs in a real `/bin/sh -c`, as sshd does it.
 * Forwarding (for jumps) reaches loopback ports only.
 */
export async function serve(pi: Pi, options: ServeOptions = {}): Promise<PiServer> {
  const keys = options.hostKeys ?? [newHostKey()];
  const allowed = (options.authorizedKeys ?? []).map(parsePublicKey);
  const seen = { connections: 0, logins: 0, commands: 0, bytesOut: 0, authentication: [] as string[] };
  const sockets = new Set<Socket>();
  const processes: Processes = new Set();
  let drop = options.drop;
  const shouldDrop = (stage: "connect" | "auth" | "ready" | "exec"): boolean =>
    drop !== undefined && "at" in drop && drop.at === stage;

  const server = new ssh2.Server({
    hostKeys: [...keys],
    ident: "SimulatedPi",
    ...(options.banner === undefined ? {} : { banner: options.banner }),
  });
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", ignore);
    socket.once("close", () => sockets.delete(socket));
    seen.connections += 1;
    if (shouldDrop("connect")) socket.destroy();
    else if (options.hang !== "connect") {
      arriving = socket;
      server.injectSocket(socket);
    }
  });
  // ssh2 announces an injected socket's connection before injectSocket returns, and does not say which socket it is
  let arriving: Socket | undefined;

  server.on("connection", (client: Connection) => {
    const socket = arriving;
    client.on("error", ignore);
    client.on("authentication", (context) => {
      seen.authentication.push(context.method);
      if (shouldDrop("auth")) socket?.destroy();
      else authenticate(context, { user: options.user ?? pi.user, allowed, password: options.password });
    });
    client.on("ready", () => {
      seen.logins += 1;
      if (shouldDrop("ready")) socket?.destroy();
    });
    client.on("session", (accept) => {
      const session = accept();
      session.on("pty", (grant) => grant?.());
      session.on("env", (grant) => grant?.());
      session.on("exec", (grant, _refuse, info) => execute(info.command, grant(), socket));
      session.on("shell", (grant) => execute(undefined, grant(), socket));
    });
    client.on("tcpip", (accept, reject, info) => {
      if (!/^(127\.|localhost$|::1$)/.test(info.destIP)) {
        reject();
        return;
      }
      const port = realPort(pi, info.destPort);
      if (port === undefined) {
        reject();
        return;
      }
      const target = connect({ host: "127.0.0.1", port });
      target.once("connect", () => {
        const channel = accept();
        channel.on("error", ignore);
        target.pipe(channel).pipe(target);
        channel.once("close", () => target.destroy());
      });
      target.once("error", () => reject());
    });
  });

  function execute(command: string | undefined, channel: ServerChannel, socket: Socket | undefined): void {
    seen.commands += 1;
    if (command !== undefined) options.onCommand?.(command);
    if (shouldDrop("exec")) {
      socket?.destroy();
      return;
    }
    if (options.hang === "exec") return;
    startProcess({
      pi,
      command,
      channel,
      processes,
      noise: options.noise ?? {},
      delayMs: options.delayMs ?? 0,
      graceMs: options.graceMs ?? 5000,
      onOutput: (bytes) => {
        seen.bytesOut += bytes;
        if (drop !== undefined && "afterBytes" in drop && seen.bytesOut >= drop.afterBytes) socket?.destroy();
      },
    });
  }

  tcp.listen(options.port ?? 0, "127.0.0.1");
  await once(tcp, "listening");
  const close = async (): Promise<void> => {
    const closed = once(tcp, "close");
    tcp.close();
    for (const socket of sockets) socket.destroy();
    for (const each of processes) each.kill();
    await Promise.all([closed, ...[...processes].map((each) => each.ended)]);
  };
  let closing: Promise<void> | undefined;
  return {
    port: (tcp.address() as AddressInfo).port,
    hostKeys: keys.map(publicLine),
    seen,
    setDrop: (next) => {
      drop = next;
    },
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

/** A private Ed25519 key in OpenSSH's own form, and its public line. */
export function newKey(comment = "pimesh-demo"): { readonly privateKey: string; readonly publicKey: string } {
  // ssh2 1.17 drops the first byte of a public key when it is zero, once in some 256 keys, and cannot read the result
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    const parsed = [pair.private, pair.public].map((text) => ssh2.utils.parseKey(text));
    if (!parsed.some((key) => key instanceof Error))
      return { privateKey: pair.private, publicKey: pair.public };
  }
}

function newHostKey(): string {
  return newKey("simulated pi").privateKey;
}

function publicLine(privateKey: string): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return `${parsed.type} ${parsed.getPublicSSH().toString("base64")}`;
}

function parsePublicKey(line: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(line);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

function authenticate(
  context: AuthContext,
  who: { user: string; allowed: readonly ParsedKey[]; password: string | undefined },
): void {
  const methods: ("publickey" | "password" | "keyboard-interactive")[] =
    who.password === undefined ? ["publickey"] : ["publickey", "password", "keyboard-interactive"];
  const refuse = (): void => context.reject(methods, false);
  if (context.username !== who.user) {
    refuse();
    return;
  }
  if (context.method === "publickey") {
    const { key, signature, blob, hashAlgo } = context;
    const known = who.allowed.find((each) => each.getPublicSSH().equals(key.data));
    // Without a signature it is a question whether the key would do (RFC 4252, section 7)
    const proven =
      known !== undefined &&
      (signature === undefined || blob === undefined || known.verify(blob, signature, hashAlgo));
    if (proven) context.accept();
    else refuse();
  } else if (
    context.method === "password" &&
    who.password !== undefined &&
    same(context.password, who.password)
  ) {
    context.accept();
  } else if (context.method === "keyboard-interactive" && who.password !== undefined) {
    const { password } = who;
    context.prompt([{ prompt: "Password: ", echo: false }], (answers) => {
      if (same(answers[0] ?? "", password)) context.accept();
      else refuse();
    });
  } else {
    refuse();
  }
}

function same(left: string, right: string): boolean {
  const [one, two] = [Buffer.from(left), Buffer.from(right)];
  return one.length === two.length && timingSafeEqual(one, two);
}

function ignore(): void {
  // A peer that is gone: `close` follows, and that is where the work is
}
