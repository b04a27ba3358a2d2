import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../src/commands/context.ts";
import { provision } from "../../src/commands/provision.ts";
import type { ProvisionOptions } from "../../src/commands/provision-options.ts";
import { rollback } from "../../src/commands/rollback.ts";
import { status } from "../../src/commands/status.ts";
import { PimeshError } from "../../src/core/error.ts";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import type { Pi } from "../../src/demo/pi.ts";
import { writeSnapshot } from "../../src/history/snapshot.ts";
import { counts, healthy } from "../report/measurements.ts";
import { temporaryFolder } from "./folder.ts";
import { piConnection } from "./pi-connection.ts";
import { simulatedPi } from "./simulated-pi.ts";
import { testContext } from "./test-context.ts";

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command of this laptop comes to: an error that is shown to a user is what it says and its exit code. */
export async function runOf(
  folder: string,
  connect: Context["connect"],
  run: (context: Context) => Promise<number>,
): Promise<Run> {
  const { context, said } = testContext(folder, connect);
  try {
    return { code: await run(context), ...said };
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    return { code: error.exitCode, out: said.out, err: `${said.err}${error.render()}` };
  }
}

/** A laptop whose inventory gives mom this `swap`, and her simulated Pi. */
export async function momWithSwap(swap: string, options: Partial<PiOptions> = {}) {
  const pi = await simulatedPi(options);
  const folder = temporaryFolder();
  mkdirSync(join(folder, "tree"));
  const inventory = (text: string): void =>
    writeFileSync(
      join(folder, "pimesh.yaml"),
      `laptop: { tree: ${join(folder, "tree")} }
defaults: { engine: syncthing, user: pi }
nodes:
  mom: { address: mom.example.org, swap: ${text} }
`,
    );
  inventory(swap);
  const work = (run: (context: Context) => Promise<number>): Promise<Run> =>
    runOf(folder, async () => piConnection(pi), run);
  return {
    pi,
    /** Somebody edits the inventory. */
    inventory,
    provision: (given: ProvisionOptions) => work((context) => provision(context, ["mom"], given)),
    rollback: () => work((context) => rollback(context, "mom", { yes: true })),
    status: () => work((context) => status(context, ["mom"], {})),
    /** What status saw the last time. */
    remember: (files: number) =>
      writeSnapshot(join(folder, "state"), {
        node: "mom",
        measurement: healthy({ at: Date.now() }),
        counted: { at: Date.now(), counts: counts(files, files * 1000) },
      }),
    read: (path: string): string => readFileSync(join(pi.root, path), "utf8"),
    write: (path: string, text: string): void => writeFileSync(join(pi.root, path), text),
    contents: () => contents(pi),
  };
}

/** Every file, folder and link of the Pi with its text, but for our own journal and what the simulation notes. */
function contents(pi: Pi): string[] {
  const script = `find . \\( -path ./.sim -o -path ./var/lib/pimesh -o -path ./run -o -path ./proc \\) -prune -o -printf '%p %y %m %l ' \\( -type f -exec sha256sum {} \\; -o -printf '\\n' \\)`;
  return (
    execFileSync("sh", ["-c", script], { cwd: pi.root, encoding: "utf8" })
      .split("\n")
      // mkswap gives every swap file a UUID of its own, and an index tells its time
      .map((line) => line.replace(/(swapfile f 600 |\.pimesh\/index\S* f \d+ ).*/, "$1"))
      .filter((line) => !/^\.(\/var\/lib|\/run)? d /.test(line) && !line.includes("./var/lib/pimesh"))
      .toSorted()
  );
}
