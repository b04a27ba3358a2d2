import type { Context } from "../../src/commands/context.ts";
import { PimeshError } from "../../src/core/error.ts";

export interface Scripted {
  readonly context: Context;
  readonly said: { out: string; err: string; readonly questions: string[] };
}

/** A context without nodes. With `answers` a terminal on which they are typed, one a question; otherwise none. */
export function scriptedContext(
  folder: string,
  answers?: readonly string[],
  env: Context["env"] = {},
): Scripted {
  const said = { out: "", err: "", questions: [] as string[] };
  const left = [...(answers ?? [])];
  const ask = async (question: string): Promise<string> => {
    if (answers === undefined) throw new PimeshError("E-NEEDS-TTY", "no terminal");
    said.questions.push(question);
    const answer = left.shift();
    if (answer === undefined) throw new Error(`nobody answers: ${question}`);
    return answer;
  };
  const context: Context = {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    terminal: { decorated: false, live: false, colour: false, columns: undefined },
    prompt: { interactive: answers !== undefined, ask, confirm: async () => false },
    now: () => 0,
    signal: new AbortController().signal,
    env,
    home: folder,
    cwd: folder,
    stateFolder: `${folder}/state`,
    connect: () => Promise.reject(new Error("no node is asked here")),
  };
  return { context, said };
}
