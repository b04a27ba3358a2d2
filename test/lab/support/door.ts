import { spawn } from "node:child_process";

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The lab's own way into a machine, as root and by OpenSSH's client: how the tests look at what pimesh did, not through
 * pimesh. One connection is kept (ControlMaster), so that a look costs little; `fresh` logs in anew.
 */
export class Door {
  readonly #port: number;
  readonly #key: string;
  readonly #control: string;

  constructor(options: { readonly port: number; readonly key: string; readonly folder: string }) {
    this.#port = options.port;
    this.#key = options.key;
    this.#control = `${options.folder}/door`;
  }

  /** Runs a POSIX script. Code 255 and no output: the machine could not be reached. */
  run(
    script: string,
    how: { readonly user?: string; readonly fresh?: boolean; readonly seconds?: number } = {},
  ): Promise<Answer> {
    const { user = "root", fresh = user !== "root", seconds = 180 } = how;
    const args = [
      "-F",
      "none",
      "-i",
      this.#key,
      "-p",
      String(this.#port),
      "-Tq",
      ...optionsOf({
        BatchMode: "yes",
        IdentitiesOnly: "yes",
        StrictHostKeyChecking: "no",
        UserKnownHostsFile: "/dev/null",
        ConnectTimeout: "10",
        ServerAliveInterval: "10",
        ServerAliveCountMax: "9",
        ...(fresh
          ? { ControlPath: "none" }
          : { ControlMaster: "auto", ControlPersist: "yes", ControlPath: this.#control }),
      }),
      `${user}@127.0.0.1`,
      "sh -s",
    ];
    return new Promise((resolve, reject) => {
      const child = spawn("ssh", args, {
        stdio: ["pipe", "pipe", "pipe"],
        env: { PATH: process.env["PATH"] },
      });
      const answer = { stdout: "", stderr: "" };
      const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
      child.stdout.setEncoding("utf8").on("data", (text: string) => void (answer.stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => void (answer.stderr += text));
      // The kept connection holds on to stderr, so that "close" would never come
      child.once("exit", (code) => {
        clearTimeout(timer);
        setImmediate(() => resolve({ code: code ?? 255, ...answer }));
      });
      child.once("error", reject);
      child.stdin.on("error", () => undefined);
      child.stdin.end(`PATH=$PATH:/usr/sbin:/sbin\n${script}\n`);
    });
  }

  /** Forgets the kept connection: the machine behind it is about to go, or has gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn("ssh", ["-F", "none", "-o", `ControlPath=${this.#control}`, "-O", "exit", "lab"], {
        stdio: "ignore",
      });
      child.once("close", () => resolve());
      child.once("error", () => resolve());
    });
  }
}

function optionsOf(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}
