import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Transform } from "node:stream";
import type { ServerChannel } from "ssh2";
import type { Pi } from "./pi.ts";
import { writtenOut } from "./written-out.ts";

/** What a server has running. */
export type Processes = Set<{ readonly ended: Promise<void>; readonly kill: () => void }>;

export interface Start {
  readonly pi: Pi;
  /** undefined: a shell that reads its commands from the channel. */
  readonly command: string | undefined;
  readonly channel: ServerChannel;
  readonly processes: Processes;
  readonly noise: { readonly stdout?: string; readonly stderr?: string };
  readonly delayMs: number;
  readonly graceMs: number;
  readonly onOutput: (bytes: number) => void;
}

/**
 * Runs a command of the Pi with the channel as its stdin, stdout and stderr; the pipes keep back-pressure both ways.
 *
 * When the connection goes, the command meets what it would meet behind sshd: end of file on stdin and a broken pipe on
 * stdout. What has not ended after the grace is killed with everything it started.
 */
export function startProcess(start: Start): void {
  const { pi, channel, processes } = start;
  channel.on("error", () => undefined);
  if (start.noise.stdout !== undefined) channel.write(start.noise.stdout);
  if (start.noise.stderr !== undefined) channel.stderr.write(start.noise.stderr);
  const child = spawn("/bin/sh", start.command === undefined ? [] : ["-c", start.command], {
    cwd: pi.home,
    env: { ...pi.environment },
    // A process group of its own, so that the whole of it can be killed
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A command that does not read its stdin to the end breaks the pipe: its own affair
  child.stdin.on("error", () => undefined);
  child.stdout.on("error", () => undefined);
  child.stderr.on("error", () => undefined);

  channel.pipe(child.stdin);
  const outputs = [
    { paced: child.stdout.pipe(paced(start)), to: channel },
    { paced: child.stderr.pipe(paced(start)), to: channel.stderr },
  ];
  for (const output of outputs) output.paced.pipe(output.to, { end: false });

  let grace: NodeJS.Timeout | undefined;
  const entry = { ended: once(child, "close").then(ignore, ignore), kill: () => killGroup(child) };
  processes.add(entry);
  channel.once("close", () => {
    if (!processes.has(entry)) return;
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    grace = setTimeout(entry.kill, start.graceMs);
  });
  child.once("error", () => {
    channel.exit(127);
    channel.end();
  });
  const flushed = outputs.map(async ({ paced: output, to }) => {
    await once(output, "end");
    await writtenOut(to);
  });
  child.once("close", (code, signal) => {
    clearTimeout(grace);
    processes.delete(entry);
    if (channel.destroyed) return;
    // The status goes behind the last byte of output, as sshd sends it
    void finish(channel, flushed, signal?.replace(/^SIG/, "") ?? code ?? 255);
  });
}

async function finish(
  channel: ServerChannel,
  flushed: readonly Promise<void>[],
  status: number | string,
): Promise<void> {
  await Promise.allSettled(flushed);
  // ssh2's two forms of exit() are told apart by the type: a number is a status, a name a signal
  if (typeof status === "number") channel.exit(status);
  else channel.exit(status);
  channel.end();
}

function ignore(): void {
  // The connection is gone, and with it whoever wanted to know
}

function paced(start: Start): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const pass = (): void => {
        start.onOutput(chunk.length);
        done(null, chunk);
      };
      if (start.delayMs > 0) setTimeout(pass, start.delayMs);
      else pass();
    },
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself
  }
}
