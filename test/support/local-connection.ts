import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "../../src/core/shell.ts";
import type { Connection, RunOptions, Stream } from "../../src/ssh/connection.ts";

export interface LocalOptions {
  readonly node?: string;
  /** Stands for `/` of the node. */
  readonly root?: string;
  /** Default `sh`. */
  readonly shell?: readonly string[];
  /** Folders to look in before PATH. */
  readonly path?: string;
  /** Becomes this user first (needs root). */
  readonly user?: string;
}

/** A connection whose node is this machine: scripts run in a real shell, with the bootstrap's environment. */
export function localConnection(options: LocalOptions = {}): Connection {
  const stream = async (script: Command, run: RunOptions = {}): Promise<Stream> => {
    const text = `LC_ALL=C; export LC_ALL; root=\${PIMESH_ROOT-}\n${script.text}`;
    const become =
      options.user === undefined
        ? []
        : ["setpriv", `--reuid=${options.user}`, "--regid=65534", "--clear-groups"];
    // One argument holds at most 128 KiB (execve(2)); the real connection sends it as a stream
    const file = Buffer.byteLength(text) > 120_000 ? fileOf(text) : undefined;
    const [program, ...words] = [
      ...become,
      ...(options.shell ?? ["sh"]),
      ...(file === undefined ? ["-c", text] : [file]),
    ] as [string, ...string[]];
    const child = spawn(program, words, {
      env: {
        ...process.env,
        PATH: `${options.path === undefined ? "" : `${options.path}:`}${process.env["PATH"]}`,
        PIMESH_ROOT: options.root ?? "",
      },
      cwd: "/",
    });
    const stderr: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    const input = run.stdin instanceof Uint8Array ? [run.stdin] : (run.stdin ?? []);
    // A script may end without reading all it is given.
    pipeline(Readable.from(input, { objectMode: false }), child.stdin).catch(() => {});
    const end = once(child, "close").then(([code, signal]: unknown[]) => {
      if (file !== undefined) rmSync(dirname(file), { recursive: true });
      return {
        code: typeof code === "number" ? code : signal === null ? 1 : 128,
        stderr: Buffer.concat(stderr),
      };
    });
    return {
      as: process.getuid?.() === 0 ? "root" : "user",
      stdout: child.stdout as AsyncIterable<Buffer>,
      end,
    };
  };
  return {
    node: options.node ?? "local",
    address: "local",
    stream,
    tunnel: async (port) => {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    },
    async run(script, run) {
      const { stdout, end } = await stream(script, run);
      const chunks: Buffer[] = [];
      for await (const chunk of stdout) chunks.push(chunk);
      return { stdout: Buffer.concat(chunks), ...(await end) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

function fileOf(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "pimesh-script-")), "script");
  writeFileSync(file, text);
  return file;
}
