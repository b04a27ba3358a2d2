import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import ssh2, { type AuthContext, type Connection, type ServerChannel } from "ssh2";
import { fingerprintOf } from "../../src/ssh/host-key.ts";
import { writtenOut } from "../../src/demo/written-out.ts";
import type { KeyPair } from "./key-pair.ts";
import { searchPath } from "./requires.ts";

export interface SshServerOptions {
  readonly hostKeys: readonly KeyPair[];
  /** Lines of authorized_keys. */
  readonly keys?: readonly string[];
  readonly password?: string;
  /** Asks for the password by keyboard-interactive in place of the method `password`. */
  readonly asksByKeyboard?: boolean;
  /** Environment of the commands, beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders before PATH. */
  readonly path?: string;
  /** What the login files print on stdout before every command. */
  readonly noise?: string;
  /** Runs this in place of what was asked for. */
  readonly command?: string;
  /** Runs nothing, and says the command back, as some routers do. */
  readonly repeats?: boolean;
  /** Stops answering there: before the banner, at the first login attempt, or when a command is to be run. */
  readonly hangsAt?: "banner" | "login" | "exec";
  /** Cuts the line there. */
  readonly diesAt?: "banner" | "login" | "exec" | "running";
}

export interface SshServer {
  readonly port: number;
  /** Every authentication request that arrived: `none`, `publickey SHA256:…`, `password`. */
  readonly attempts: readonly string[];
  /** Connections that were accepted so far. */
  readonly connections: () => number;
  /** Commands that run now. */
  readonly running: () => number;
  /** Cuts every line. */
  cut(): void;
  stop(): Promise<void>;
}

/** ssh2's own server in this process, with a real shell behind it and the misbehaviour that a test asks for. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const attempts: string[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  let running = 0;
  const server = new ssh2.Server({ hostKeys: options.hostKeys.map((key) => key.privateKey) });
  server.on("connection", (client: Connection) => {
    client.on("error", () => undefined);
    client.on("authentication", (context) => {
      attempts.push(describe(context));
      if (options.hangsAt === "login") return;
      if (options.diesAt === "login") return cut();
      authenticate(context, options);
    });
    client.on("session", (accept) => {
      const session = accept();
      session.on("error", () => undefined);
      session.on("exec", (acceptExec, _reject, { command }) => {
        if (options.hangsAt === "exec") return;
        if (options.diesAt === "exec") return cut();
        const channel = acceptExec();
        channel.on("error", () => undefined);
        running += 1;
        runShell(channel, command, options, () => (running -= 1));
        if (options.diesAt === "running") setTimeout(cut, 300);
      });
    });
    client.on("tcpip", (accept, reject, { destIP, destPort }) => {
      const socket = connect(destPort, destIP);
      socket.once("error", () => reject());
      socket.once("connect", () => {
        const channel = accept();
        channel.on("error", () => undefined);
        socket.on("error", () => channel.destroy());
        socket.pipe(channel).pipe(socket);
      });
    });
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  // In front of ssh2's server: it cannot be made to keep silent about its banner.
  const front = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    if (options.diesAt === "banner") socket.end("Not allowed at this time\r\n");
    else if (options.hangsAt !== "banner") server.injectSocket(socket);
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  const address = front.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    attempts,
    connections: () => accepted,
    running: () => running,
    cut,
    stop: async () => {
      cut();
      front.close();
      await once(front, "close");
    },
  };
}

function describe(context: AuthContext): string {
  if (context.method !== "publickey") return context.method;
  return `publickey ${fingerprintOf(context.key.data)}${context.signature ? " signed" : ""}`;
}

function authenticate(context: AuthContext, options: SshServerOptions): void {
  const byPassword = options.asksByKeyboard === true ? "keyboard-interactive" : "password";
  const refuse = (): void =>
    context.reject(options.password === undefined ? ["publickey"] : ["publickey", byPassword]);
  if (context.method === "publickey") {
    const known = (options.keys ?? []).some(
      (line) => line.split(" ")[1] === context.key.data.toString("base64"),
    );
    if (!known) return refuse();
    if (!context.signature || !context.blob) return context.accept();
    const key = ssh2.utils.parseKey(context.key.data);
    if (key instanceof Error) return refuse();
    const valid = key.verify(context.blob, context.signature, context.hashAlgo);
    // The types say boolean, but a signature that is no signature gives an Error, which is true as well.
    return (valid as unknown) === true ? context.accept() : refuse();
  }
  if (context.method === "password" && byPassword === "password" && context.password === options.password) {
    return context.accept();
  }
  if (context.method === "keyboard-interactive" && byPassword === "keyboard-interactive") {
    return context.prompt([{ prompt: "Password:", echo: false }], (answers) => {
      if (answers[0] === options.password) context.accept();
      else refuse();
    });
  }
  return refuse();
}

function runShell(
  channel: ServerChannel,
  command: string,
  options: SshServerOptions,
  ended: () => void,
): void {
  if (options.noise !== undefined) channel.write(options.noise);
  const path = options.path === undefined ? searchPath : `${options.path}:${searchPath}`;
  const text =
    options.repeats === true ? 'printf "unknown command: %s\\n" "$0"' : (options.command ?? command);
  const child = spawn("/bin/sh", ["-c", text, command], {
    env: { ...options.env, PATH: path },
    detached: true,
  });
  child.stdin.on("error", () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on("close", () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      process.kill(-child.pid, "SIGTERM");
    }
  });
  child.on("close", (code, signal) => {
    ended();
    void end(channel, code, signal);
  });
}

async function end(
  channel: ServerChannel,
  code: number | null,
  signal: NodeJS.Signals | null,
): Promise<void> {
  // The end of a channel waits for its stdout, not for its stderr
  await writtenOut(channel.stderr);
  if (code === null) channel.exit(String(signal).replace("SIG", ""));
  else channel.exit(code);
  channel.end();
}
