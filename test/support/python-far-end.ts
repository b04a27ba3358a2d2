import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { farEndRules } from "../../src/tree/far-end-rules.ts";
import { makeFilter, type Filter } from "../../src/tree/filter.ts";
import { reconcileProgram } from "../../src/tree/reconcile-program.ts";
import { decodeAnswer } from "../../src/tree/reconcile/answers.ts";
import { encodeFrame, frames, type Frame } from "../../src/tree/reconcile/frames.ts";
import type { Answer, Request, Summary } from "../../src/tree/reconcile/messages.ts";
import { encodeHello, encodeRequest, quit } from "../../src/tree/reconcile/requests.ts";

export interface FarEndOptions {
  readonly filter?: Filter;
  readonly times?: boolean;
  /** Default: what reads a tree, or an index where that is given. */
  readonly program?: "contents";
  /** Path of an index to read in place of the tree. */
  readonly index?: string;
  /** Becomes this user first (needs root). */
  readonly user?: string;
  /** Python that runs before the bootstrap does. */
  readonly prelude?: string;
}

/** A real far end, in a `python3` of its own. */
export interface PythonFarEnd {
  readonly process: ChildProcess;
  send(frame: Frame): void;
  /** The next frame but P; undefined at the end. */
  receive(): Promise<Frame | undefined>;
  /** How many entries each P told of. */
  readonly progress: readonly number[];
  /** One answer; all of them for a listing. */
  ask(request: Request): Promise<Answer>;
  listing(): Promise<Extract<Answer, { type: "listing" }>["entries"]>;
  /** Its exit code and what it has complained of, after Q. */
  end(): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

export const farEndKey = Buffer.from("00112233445566778899aabbccddeeff", "hex");

/** The system's own python3, should a version manager stand in its way. */
export const pythonPath = `/usr/bin:${process.env["PATH"]}`;

/** Starts it and says nothing yet. */
export function startFarEnd(tree: string, options: FarEndOptions = {}): PythonFarEnd {
  const { bootstrap, packed } = reconcileProgram(
    options.program ?? (options.index === undefined ? "tree" : "index"),
  );
  const become =
    options.user === undefined
      ? []
      : ["setpriv", `--reuid=${options.user}`, "--regid=65534", "--clear-groups"];
  const python = ["python3", "-IS", "-c", `${options.prelude ?? ""}\n${bootstrap}`];
  const [program, ...words] = [...become, ...python] as [string, ...string[]];
  const child = spawn(program, words, { cwd: tree, env: { ...process.env, PATH: pythonPath } });
  onTestFinished(() => void child.kill());
  // It may end without reading all it is given.
  child.stdin.on("error", () => {});
  child.stdin.write(packed);
  const stderr: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const closed = once(child, "close");
  const received = frames(child.stdout);
  const progress: number[] = [];

  const receive = async (): Promise<Frame | undefined> => {
    for (;;) {
      const { value: frame } = await received.next();
      if (frame?.letter !== "P") return frame;
      progress.push(frame.payload.readUInt32BE());
    }
  };
  const answer = async (): Promise<Answer> => {
    const frame = await receive();
    if (frame === undefined) throw new Error(`it has ended: ${Buffer.concat(stderr).toString()}`);
    if (frame.letter === "X") throw new Error(frame.payload.toString());
    return decodeAnswer(frame);
  };
  const send = (frame: Frame): void => void child.stdin.write(encodeFrame(frame));
  return {
    process: child,
    progress,
    send,
    receive,
    ask(request) {
      send(encodeRequest(request));
      return answer();
    },
    async listing() {
      send(encodeRequest({ type: "listing" }));
      const entries = [];
      for (;;) {
        const part = await answer();
        if (part.type !== "listing") return entries;
        entries.push(...part.entries);
      }
    },
    async end() {
      send(quit);
      child.stdin.end();
      child.stdout.resume();
      const [code] = (await closed) as [number | null];
      return { code, stderr: Buffer.concat(stderr).toString() };
    },
  };
}

/** Starts it, says hello and waits for the summary; what it says in X is thrown. */
export async function farEndOf(
  tree: string,
  options: FarEndOptions = {},
): Promise<PythonFarEnd & { readonly summary: Summary }> {
  const farEnd = startFarEnd(tree, options);
  farEnd.send(
    encodeHello({
      key: farEndKey,
      times: options.times ?? true,
      rules: farEndRules(options.filter ?? makeFilter()),
      ...(options.index === undefined ? {} : { index: options.index }),
    }),
  );
  const frame = await farEnd.receive();
  if (frame === undefined) throw new Error(`it has ended: ${(await farEnd.end()).stderr}`);
  if (frame.letter === "X") throw new Error(frame.payload.toString());
  const answer = decodeAnswer(frame);
  if (answer.type !== "summary") throw new Error(`it said ${frame.letter} where a summary was due`);
  return { ...farEnd, summary: answer.summary };
}
