import { randomBytes } from "node:crypto";
import { PimeshError, errorCodes, type ErrorCode } from "../core/error.ts";
import { script, sh, shellFile } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import { desiredIdentity } from "../provision/identity.ts";
import { nodeText } from "../provision/texts.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Disk } from "./device-look.ts";
import { failureOf, runScript, wordsAfter } from "../ssh/run-script.ts";

/** What the node is doing, in the order in which it does it. */
const prepareSteps = {
  partition: "making one partition over the whole disk",
  format: "making the ext4 file system",
  check: "reading it back and checking it",
  label: "giving it its label",
  settle: "waiting until the system has seen it",
} as const;

export interface Prepared {
  /** `/dev/sda1`: of this moment. */
  readonly device: string;
  readonly uuid: string;
}

/**
 * Erases the disk and makes it a data disk of the node: GPT, one partition, ext4 with 1 % reserved, the identity file, and
 * last of all the label. The node first makes sure that the disk is still exactly what `disk` says and that nobody uses it.
 * `onStep` hears what it does.
 *
 * Errors: those of `Connection.stream`, E-LOCKED, E-CHANGED-MEANWHILE, E-DISK-IN-USE, E-DISK-ABSENT (nothing was changed),
 * E-PREPARE-FAILED (the old content is gone).
 */
export async function prepareDisk(
  connection: Connection,
  given: {
    readonly node: Node;
    readonly disk: Disk;
    readonly uuid: string;
    readonly stateFolder: string;
    readonly who: string;
  },
  onStep: (text: string) => void,
): Promise<Prepared> {
  const { node, disk, uuid } = given;
  const nonce = randomBytes(8).toString("hex");
  const identity = desiredIdentity(node, uuid).files[0]?.text ?? "";
  const whole = script(
    sh`nonce=${nonce}`,
    shellFile(await nodeText("whole-disk.sh")),
    shellFile(await nodeText("prepare-disk.sh")),
    sh`take_lock ${given.stateFolder} ${given.who}`,
    sh`prepare_disk ${disk.name} ${disk.sum} ${uuid} ${node.disk.label} ${identity}`,
  );
  // The journal of a large file system is written on a slow disk without a word
  const said = await runScript(connection, { script: whole, nonce, silenceMs: 30 * 60_000 }, (line) => {
    const step = /^step (\w+)$/.exec(line)?.[1];
    if (step !== undefined && Object.hasOwn(prepareSteps, step)) {
      onStep(prepareSteps[step as keyof typeof prepareSteps]);
    }
  });
  const failure = failureOf(said.lines);
  if (failure !== undefined) throw failed(node, disk, failure);
  const device = wordsAfter(said.lines, "prepared");
  if (device === undefined) {
    const begun = said.lines.some((line) => line.startsWith("step "));
    throw new PimeshError(
      "E-CONNECTION-LOST",
      `the node did not say that it had finished${begun ? `; the old content of ${disk.path} is gone` : ""}`,
      {
        node: node.name,
        hint: `it goes on by itself as long as it has power; wait a minute, then run the command again: it finishes what is left`,
      },
    );
  }
  return { device, uuid };
}

function failed(
  node: Node,
  disk: Disk,
  failure: { readonly word: "failed" | "refused"; readonly code: string; readonly words: string },
): PimeshError {
  const code: ErrorCode = failure.code in errorCodes ? (failure.code as ErrorCode) : "E-PREPARE-FAILED";
  if (failure.word === "refused") {
    const words =
      code === "E-LOCKED"
        ? `another pimesh works on this node: ${failure.words}`
        : code === "E-TOOL-MISSING"
          ? `it lacks ${failure.words}`
          : failure.words;
    return new PimeshError(code, `${words}; nothing was changed`, {
      node: node.name,
      hint:
        code === "E-LOCKED"
          ? "wait for it to end (the lock frees itself), then run the command again"
          : `look again: pimesh disk prepare ${node.name} --device ${disk.path} --dry-run`,
    });
  }
  return new PimeshError(
    code,
    `${failure.words}; the old content of ${disk.path} is gone, and it is no data disk yet`,
    {
      node: node.name,
      hint: `the same command again begins anew and needs no --erase-data for what is half made; if it fails again, the disk or its cable is bad: ssh ${node.name} sudo dmesg`,
    },
  );
}
