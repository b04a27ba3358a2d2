import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { PimeshError } from "../core/error.ts";
import type { Prompt } from "../core/prompt.ts";

/** Asks on the terminal: the question goes to stderr, so that stdout stays data. */
export function realPrompt(signal: AbortSignal): Prompt {
  const interactive = process.stdin.isTTY && process.stderr.isTTY;
  let waiting = 0;
  const ask: Prompt["ask"] = async (question, { hidden = false, flag }) => {
    if (!interactive) {
      throw new PimeshError("E-NEEDS-TTY", `there is no terminal to ask "${question.trim()}"`, {
        hint: flag,
      });
    }
    waiting += 1;
    try {
      return await oneAtATime(() => readLine(question, hidden, signal));
    } finally {
      waiting -= 1;
    }
  };
  return {
    interactive,
    asking: () => waiting > 0,
    ask,
    confirm: async (question, options) => /^y(es)?$/i.test((await ask(`${question} [y/N] `, options)).trim()),
  };
}

// Nodes are worked on side by side, and two of them may want a password in the same moment.
let last: Promise<unknown> = Promise.resolve();
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const next = last.then(work, work);
  last = next.catch(() => undefined);
  return next;
}

async function readLine(question: string, hidden: boolean, signal: AbortSignal): Promise<string> {
  // readline echoes what is typed to its output: for a secret that output swallows everything, the question too.
  if (hidden) process.stderr.write(question);
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (hidden) done();
      else process.stderr.write(chunk, () => done());
    },
  });
  const lines = createInterface({
    input: process.stdin,
    output: Object.assign(output, { columns: process.stderr.columns }),
    terminal: true,
  });
  try {
    const interrupted = new AbortController();
    lines.on("SIGINT", () => interrupted.abort());
    lines.on("close", () => interrupted.abort());
    return await lines.question(hidden ? "" : question, {
      signal: AbortSignal.any([signal, interrupted.signal]),
    });
  } catch (error) {
    throw new PimeshError("E-INTERRUPTED", "interrupted at a question; nothing was answered", {
      cause: error,
    });
  } finally {
    lines.close();
    if (hidden) process.stderr.write("\n");
  }
}
