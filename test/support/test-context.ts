import type { Context } from "../../src/commands/context.ts";
import { PimeshError } from "../../src/core/error.ts";
import type { Prompt } from "../../src/core/prompt.ts";

/** A context that writes into strings; nobody is there to answer unless `answer` is given. */
export function testContext(
  folder: string,
  connect: Context["connect"],
  options: { readonly answer?: boolean } = {},
): { readonly context: Context; readonly said: { out: string; err: string } } {
  const said = { out: "", err: "" };
  const context: Context = {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    terminal: { decorated: false, live: false, colour: false, columns: undefined },
    prompt: prompt(options.answer),
    now: Date.now,
    signal: new AbortController().signal,
    env: {},
    home: folder,
    cwd: folder,
    stateFolder: `${folder}/state`,
    connect,
  };
  return { context, said };
}

const nobody: Prompt["ask"] = async (question, { flag }) => {
  throw new PimeshError("E-NEEDS-TTY", `there is no terminal to ask "${question}"`, { hint: flag });
};

function prompt(answer: boolean | undefined): Prompt {
  return {
    interactive: answer !== undefined,
    ask: nobody,
    confirm: async (question, options) =>
      answer === undefined ? (await nobody(question, options)) === "y" : answer,
  };
}
