import { randomBytes } from "node:crypto";
import { PimeshError, errorCodes, type ErrorCode } from "../core/error.ts";
import { script, sh, shellFile } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import { initLibrary, type InitSystem } from "../provision/init-library.ts";
import { nodeText } from "../provision/texts.ts";
import type { Connection } from "../ssh/connection.ts";
import { readUsers } from "./eject-look.ts";
import { busyHint, busyText, type EjectPlan } from "./eject-plan.ts";
import { failureOf, runScript, wordsAfter } from "../ssh/run-script.ts";

export interface Ejected {
  /**
   * `off`: its port is switched off. `detached`: the kernel has let go of it, the power stays. `powered`: only unmounted, and
   * why. In all three it may be pulled. `kept`: unmounted, and left there as asked.
   */
  readonly power:
    | { readonly kind: "off" | "detached" | "kept" }
    | { readonly kind: "powered"; readonly why: string };
  /** Services that run again. */
  readonly again: readonly string[];
  /** Services that ran before and could not be started again. */
  readonly notAgain: readonly string[];
}

/**
 * Executes the steps of a plan, in order. A step that fails gives back what the earlier ones have taken, and the error says what
 * runs again. `onStep` hears what the node does.
 *
 * Errors: those of `Connection.stream`, E-LOCKED, E-SWAP-HELD, E-DISK-BUSY, E-EJECT-FAILED.
 */
export async function ejectDisk(
  connection: Connection,
  given: {
    readonly node: Node;
    readonly plan: EjectPlan;
    readonly init: InitSystem;
    readonly libFolder: string;
    readonly stateFolder: string;
    readonly who: string;
  },
  onStep: (text: string) => void,
): Promise<Ejected> {
  const { node, plan } = given;
  const nonce = randomBytes(8).toString("hex");
  const whole = script(
    sh`nonce=${nonce} mount=${node.disk.mount} lib=${given.libFolder} keep=${plan.keep.join(" ")}`,
    shellFile(await initLibrary(given.init)),
    shellFile(await nodeText("whole-disk.sh")),
    shellFile(await nodeText("eject.sh")),
    sh`begin_eject ${given.stateFolder} ${given.who}`,
    ...plan.steps.map(({ call }) => call),
  );
  // A swapoff reads the whole swap back from a slow disk without a word
  const said = await runScript(connection, { script: whole, nonce, silenceMs: 30 * 60_000 }, (line) => {
    if (line.startsWith("step ")) onStep(line.slice(5));
  });
  const all = (word: string): string[] =>
    said.lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const again = all("again");
  const notAgain = all("not-again");
  const failure = failureOf(said.lines);
  if (failure !== undefined) throw failed(node, failure, { again, notAgain, users: all("user") });
  if (wordsAfter(said.lines, "ejected") === undefined) {
    throw new PimeshError(
      "E-CONNECTION-LOST",
      "the node did not say that it had finished: do not pull the disk yet",
      {
        node: node.name,
        hint: `it goes on by itself; see in a minute: pimesh eject ${node.name}`,
      },
    );
  }
  return { power: powerOf(said.lines), again, notAgain };
}

function powerOf(lines: readonly string[]): Ejected["power"] {
  if (lines.includes("off")) return { kind: "off" };
  if (lines.includes("detached")) return { kind: "detached" };
  const why = wordsAfter(lines, "powered");
  return why === undefined ? { kind: "kept" } : { kind: "powered", why };
}

function failed(
  node: Node,
  failure: { readonly word: "failed" | "refused"; readonly code: string; readonly words: string },
  after: {
    readonly again: readonly string[];
    readonly notAgain: readonly string[];
    readonly users: readonly string[];
  },
): PimeshError {
  const code: ErrorCode = failure.code in errorCodes ? (failure.code as ErrorCode) : "E-EJECT-FAILED";
  if (failure.word === "refused") {
    const locked = code === "E-LOCKED";
    return new PimeshError(
      code,
      `${locked ? `another pimesh works on this node: ${failure.words}` : failure.words}; nothing was changed`,
      {
        node: node.name,
        hint: locked
          ? "wait for it to end (the lock frees itself), then eject again"
          : `look at it: pimesh status ${node.name}`,
      },
    );
  }
  const users = readUsers(after.users);
  const words = [
    users.length === 0 ? failure.words : `${failure.words}; ${busyText(users)}`,
    ...(after.again.length === 0 ? [] : [`running again as before: ${after.again.join(", ")}`]),
    ...(after.notAgain.length === 0
      ? []
      : [`stopped, and could not be started again: ${after.notAgain.join(", ")}`]),
    "do not pull the disk",
  ];
  return new PimeshError(code, words.join("; "), { node: node.name, hint: hintFor(code, node, users) });
}

function hintFor(code: ErrorCode, node: Node, users: ReturnType<typeof readUsers>): string {
  if (code === "E-SWAP-HELD") {
    return `stop what takes the memory, or reboot the node (ssh ${node.name} sudo reboot), then eject again`;
  }
  if (code === "E-DISK-BUSY") return busyHint(node, users);
  return `see what the node says: ssh ${node.name} sudo dmesg`;
}
