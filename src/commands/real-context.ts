import { homedir } from "node:os";
import { join } from "node:path";
import type { Reach } from "../ssh/reach.ts";
import { realPrompt } from "./real-prompt.ts";
import type { Context } from "./context.ts";
import { terminalOf } from "./terminal.ts";

/**
 * The context of a real run. `signal` is the program's, aborted by Ctrl-C. Connections are opened through one reach per
 * inventory, so that nodes share their jump hosts; ssh2 and the rest of that layer are loaded when the first is asked for.
 */
export function realContext(signal: AbortSignal): { context: Context; close: () => Promise<void> } {
  const env = process.env;
  const home = env["HOME"] ?? homedir();
  const stateFolder = join(env["XDG_STATE_HOME"] || join(home, ".local", "state"), "pimesh");
  const prompt = realPrompt(signal);
  let reach: Promise<Reach> | undefined;
  const context: Context = {
    out: (text) => void process.stdout.write(text),
    err: toStderr,
    terminal: terminalOf(env, process.stdout, process.stderr),
    prompt,
    now: Date.now,
    signal,
    env,
    home,
    cwd: process.cwd(),
    stateFolder,
    connect: async (node, inventory) => {
      reach ??= import("../ssh/reach.ts").then(({ openReach }) =>
        openReach({
          inventory,
          stateFolder,
          env,
          home,
          prompt,
          signal,
          notice: (text) => toStderr(`${text}\n`),
        }),
      );
      return (await reach).connect(node);
    },
  };
  const close = async (): Promise<void> => {
    if (reach) await (await reach)[Symbol.asyncDispose]();
  };
  return { context, close };
}

function toStderr(text: string): void {
  process.stderr.write(text);
}
