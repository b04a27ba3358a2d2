import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What has to be undone, run in reverse order when this process is gone, even by SIGKILL. */
export interface CleanUp {
  /** Registers a command. */
  later(...command: readonly string[]): Undo;
  /** Undoes everything, and waits for it. */
  all(): Promise<void>;
  /** Has that begun? Then whatever fails from now on fails because of it. */
  hasBegun(): boolean;
}

export interface Undo {
  /** Does it at once, and not again. */
  now(): void;
  /** There is nothing to undo any more. */
  forget(): void;
}

/**
 * The work is another process's, in a session of its own: under Ctrl-C npm and tsx leave us no time for it (tsx kills what
 * has not told it within 30 ms that it got the signal).
 */
export function cleanUp(python: string): CleanUp {
  const script = fileURLToPath(new URL("clean-up.py", import.meta.url));
  const helper = spawn(python, [script], { detached: true, stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(helper, "exit");
  const all = async (): Promise<void> => {
    helper.stdin.end();
    await ended;
  };
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.once(signal, () => {
      process.stderr.write("bench: cleaning up\n");
      void all().then(() => process.exit(code));
    });
  }
  let steps = 0;
  const tell = (words: readonly unknown[]): void => {
    if (!helper.stdin.writableEnded) helper.stdin.write(`${JSON.stringify(words)}\n`);
  };
  return {
    later: (...command) => {
      const number = (steps += 1);
      tell([number, ...command]);
      const forget = (): void => tell([number]);
      return {
        forget,
        now: () => {
          const [program = "", ...args] = command;
          spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
          forget();
        },
      };
    },
    all,
    hasBegun: () => helper.stdin.writableEnded,
  };
}
