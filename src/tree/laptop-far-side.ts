import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Filter } from "./filter.ts";
import { farEndRules } from "./far-end-rules.ts";
import type { Hashing } from "./reconcile/fingerprint.ts";
import type { TreeSide } from "./reconcile/side.ts";
import { streamSide } from "./reconcile/stream-side.ts";
import { reconcileProgram } from "./reconcile-program.ts";

export interface LaptopFarSideOptions {
  /** Absolute path of the tree. */
  readonly tree: string;
  readonly filter: Filter;
  readonly hashing: Hashing;
  readonly signal: AbortSignal;
  /** Told how many entries have been seen so far. */
  readonly onProgress: (entries: number) => void;
}

/**
 * The laptop's own tree, read by the program that reads a node's, in a python3 of this machine: it takes half of the processor time
 * that Node does, beside the work that Node has with the connection. Undefined where there is no python3 3.5 or newer, and on
 * systems where asking for it may open a window (macOS offers to install one).
 */
export async function laptopFarSide(options: LaptopFarSideOptions): Promise<TreeSide | undefined> {
  if (process.platform !== "linux") return undefined;
  const { bootstrap, packed } = reconcileProgram();
  const words = ["-IS", "-c", `${ready}\n${bootstrap}`];
  const child = spawn(existsSync(systems) ? systems : "python3", words, {
    cwd: options.tree,
    signal: options.signal,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stderr: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // It may end without reading all it is given; why shows on its other streams
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve) => {
    child.on("error", () => resolve());
    child.on("close", () => resolve());
  });
  const input = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await input.next().catch(() => undefined);
  options.signal.throwIfAborted();
  if (first === undefined || first.done === true) return undefined;
  child.stdin.write(packed);
  const side = streamSide({
    node: "laptop",
    wire: {
      input: rest(first.value.subarray(1), input),
      output: child.stdin,
      async lastWords() {
        await ended;
        options.signal.throwIfAborted();
        return Buffer.concat(stderr).toString();
      },
    },
    hello: {
      key: options.hashing.key,
      times: options.hashing.times,
      rules: farEndRules(options.filter),
    },
    onProgress: options.onProgress,
  });
  return {
    ...side,
    local: true,
    async close() {
      await side.close();
      child.kill();
    },
  };
}

/** Before whatever stands first in PATH: a version manager's is a shell script, and takes longer to start than the system's to run. */
const systems = "/usr/bin/python3";

/** Says that it is there and new enough; not a byte else. */
const ready = `import os,sys
if sys.version_info<(3,5):sys.exit(1)
os.write(1,b".")`;

async function* rest(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}
