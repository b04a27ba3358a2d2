import { createHash } from "node:crypto";
import { once } from "node:events";
import { PimeshError } from "../core/error.ts";
import { exitCode, worstExitCode, type ExitCode } from "../core/exit-code.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { keepInStep, letThemSync, setStage, visitGrandma, type Stage } from "../demo/stage.ts";
import { openReach, type Reach } from "../ssh/reach.ts";
import type { Context } from "./context.ts";
import { diff } from "./diff.ts";
import { provision } from "./provision.ts";
import { status } from "./status.ts";
import { trust } from "./trust.ts";

export interface DemoOptions {
  /** Leaves the Pis running until Ctrl-C. */
  readonly keep?: boolean;
}

/**
 * Three simulated Pis on this machine, and the commands of every day against them: the same functions that the command
 * line calls, over real SSH. Touches nothing of the user's: home, state, keys and PATH are the demo's own.
 */
export async function demo(context: Context, options: DemoOptions): Promise<ExitCode> {
  context.err("setting up a laptop and three simulated Pis: home, mom and grandma ...\n");
  await using stage = await setStage();
  await using own = ownContext(context, stage);
  const inventory = stage.inventoryPath;
  for (const { pi, server } of stage.pis) {
    // What `pimesh trust` shows to be compared with the Pi's screen; here we are the Pi
    const fingerprint = fingerprintOf(server.hostKeys[0] ?? "");
    expectFine(await trust(own.quiet, [pi.name], { inventory, fingerprint, yes: true }), own);
  }
  context.err("home and grandma have been members for a while ...\n");
  // How much there is to sync decides about the swap
  await status(own.quiet, ["home"], { inventory });
  expectFine(await provision(own.quiet, ["home", "grandma"], { inventory, yes: true }), own);
  await visitGrandma(stage);
  await letThemSync(stage, ["home"]);

  const steps: readonly [what: string, typed: string, run: () => Promise<ExitCode>][] = [
    [
      "Mom has a plain Pi with her disk plugged in. This makes it a member of the mesh:\nfirst the plan, then, since --yes says so, just that.",
      "pimesh provision --all --yes",
      () => provision(own.context, [], { inventory, all: true, yes: true }),
    ],
    [
      "All three against the laptop. Mom's disk was copied by hand last spring: what has\ncome since then is on its way to her.",
      "pimesh status",
      async () => {
        await letThemSync(stage, ["home"]);
        await visitGrandma(stage);
        return status(own.context, [], { inventory });
      },
    ],
    [
      "The next morning Syncthing has brought it.",
      "pimesh status mom",
      async () => {
        await letThemSync(stage, ["mom"]);
        return status(own.context, ["mom"], { inventory });
      },
    ],
    [
      "Which files differ between here and grandma's.",
      "pimesh diff laptop grandma",
      () => diff(own.context, "laptop", "grandma", { inventory }),
    ],
  ];
  const codes: ExitCode[] = [];
  for (const [what, typed, run] of steps) {
    context.signal.throwIfAborted();
    context.out(`\n${what}\n$ ${typed}\n\n`);
    codes.push(await run());
  }
  context.out(`\n${nextSteps}`);
  if (options.keep === true) {
    keepInStep(stage, context.signal);
    context.out(`\n${playText(stage)}`);
    if (!context.signal.aborted) await once(context.signal, "abort");
  }
  // That things differ is what the demo shows, no failure of it
  return worstExitCode(codes.filter((code) => code !== exitCode.different));
}

function expectFine(code: ExitCode, own: Own): void {
  if (code === exitCode.fine) return;
  throw new PimeshError("E-APPLY-FAILED", `the demo could not be set up:\n${own.said()}`);
}

interface Own extends AsyncDisposable {
  readonly context: Context;
  /** The same without a word, for what is set up behind the scenes. */
  readonly quiet: Context;
  /** What was said in the quiet. */
  readonly said: () => string;
}

function ownContext(context: Context, stage: Stage): Own {
  const {
    XDG_CONFIG_HOME: _config,
    PIMESH_INVENTORY: _inventory,
    SSH_AUTH_SOCK: _agent,
    ...rest
  } = context.env;
  const env = { ...rest, HOME: stage.home, PATH: stage.emptyPath, XDG_STATE_HOME: stage.stateHome };
  const stateFolder = `${stage.stateHome}/pimesh`;
  const reaches = new Map<Inventory, Reach>();
  const connect: Context["connect"] = (node, inventory) => {
    let reach = reaches.get(inventory);
    if (reach === undefined) {
      const { prompt, signal } = context;
      reach = openReach({ inventory, stateFolder, env, home: stage.home, prompt, signal });
      reaches.set(inventory, reach);
    }
    return reach.connect(node);
  };
  const own: Context = { ...context, env, home: stage.home, cwd: stage.folder, stateFolder, connect };
  const said: string[] = [];
  const hear = (text: string): void => void said.push(text);
  const terminal = { ...context.terminal, decorated: false, live: false, colour: false };
  return {
    context: own,
    quiet: { ...own, out: hear, err: hear, terminal },
    said: () => said.join(""),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...reaches.values()].map((reach) => reach[Symbol.asyncDispose]()));
    },
  };
}

/** As OpenSSH shows a key: of `ssh-ed25519 AAAA...`. */
function fingerprintOf(line: string): string {
  const key = Buffer.from(line.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** From a checkout the source is run; else the installed command. */
const pimesh = import.meta.url.endsWith(".ts") ? "npm run --silent dev --" : "pimesh";

const nextSteps = `Now with your own Pis:
  ${pimesh} init
      writes a first pimesh.yaml: your laptop's folder, your nodes
  ${pimesh} check
      says what is wrong in it
  ${pimesh} trust mom
      shows the Pi's host key; compare it with its screen, once
  ${pimesh} provision mom -n
      only the plan; without -n it asks before it changes anything
  ${pimesh} status
      how they all stand
`;

function playText(stage: Stage): string {
  const mom = stage.pis.find(({ pi }) => pi.name === "mom")?.pi;
  return `The three Pis go on running until Ctrl-C here. To play, in another terminal:
  export PIMESH_INVENTORY='${stage.inventoryPath}' XDG_STATE_HOME='${stage.stateHome}' STHOMEDIR='${stage.home}/.config/syncthing'
  ${pimesh} status
  ${pimesh} diff mom grandma --summary
Syncthing is played here: what one home lacks comes from another within seconds,
and nothing is ever deleted. Put a file into the laptop's tree and look at mom's:
  date > '${stage.home}/btsync/papers/note.txt'
  ${pimesh} status mom --fresh
Pull mom's disk out and look again; then put it back:
  PIMESH_ROOT='${mom?.root}' sh '${mom?.root}/.sim/lib/pull' sda1
  PIMESH_ROOT='${mom?.root}' sh '${mom?.root}/.sim/lib/plug' sda1
Or take it out properly, plug a new one in and make it ready:
  ${pimesh} eject mom
  PIMESH_ROOT='${mom?.root}' sh '${mom?.root}/.sim/lib/plug' sdb1
  ${pimesh} disk prepare mom --device /dev/sdb
`;
}
