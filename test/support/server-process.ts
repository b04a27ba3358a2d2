import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Starts a server that stays in the foreground, and waits until its port answers. */
export async function startServer(
  program: string,
  args: readonly string[],
  port: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly log: () => string; stop(): Promise<void> }> {
  // A process group of its own, so that the sessions of the server end with it.
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  const listen = (chunk: Buffer): void => void (said += chunk.toString("utf8"));
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  child.on("error", (error) => (said += String(error)));
  const deadline = Date.now() + 10_000;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`${program} did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { log: () => said, stop: () => stop(child) };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => resolve(false));
    // Waits for the banner and goes, as a port scanner would.
    socket.on("data", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  // Not its "close": a session that is still open holds the log.
  const ended = once(child, "exit");
  process.kill(-child.pid, "SIGTERM");
  await ended;
  child.stdout?.destroy();
  child.stderr?.destroy();
}
