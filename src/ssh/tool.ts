import { spawn } from "node:child_process";

export type ToolAnswer =
  | { readonly kind: "absent" }
  | { readonly kind: "ended"; readonly code: number; readonly stdout: string; readonly stderr: string };

export interface ToolOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
}

/** Runs one of OpenSSH's own tools on the laptop, without a shell, found by PATH. A tool that is not there is an answer. */
export function askTool(tool: string, args: readonly string[], options: ToolOptions): Promise<ToolAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve({ kind: "absent" });
      else reject(error);
    });
    child.on("close", (code, signal) =>
      resolve({
        kind: "ended",
        code: code ?? -1,
        stdout: text(stdout),
        stderr: signal === null ? text(stderr) : `${text(stderr)}(ended by ${signal})`,
      }),
    );
  });
}

// known_hosts may hold comments in any encoding; latin1 keeps every byte apart, and keys are ASCII.
function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("latin1");
}
