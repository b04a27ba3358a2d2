import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { PimeshError, errorCodes, type ErrorCode } from "../core/error.ts";
import { script, sh, shellFile, type Command } from "../core/shell.ts";
import type { Connection } from "../ssh/connection.ts";
import { failureOf, runScript, wordsAfter } from "../ssh/run-script.ts";
import { initLibrary, type InitSystem } from "./init-library.ts";
import type { Profile } from "./profile.ts";
import type { Upload } from "./step.ts";
import { nodeText } from "./texts.ts";

/** What apply.sh has to know about the node beside the steps themselves. */
export interface Place {
  readonly profile: Profile;
  readonly init: InitSystem;
  readonly mount: string;
  /** UUID of the disk that belongs there. */
  readonly uuid: string;
}

export interface Applied {
  /** The run in the node's journal: what `rollback` undoes. */
  readonly run: string;
}

/** The laptop's part of a run's name: when. The node puts a number of its own before it, which gives the order. */
export function runName(now: number): string {
  return `${new Date(now).toISOString().replaceAll(/[-:]/g, "").slice(0, 15)}-${randomBytes(3).toString("hex")}`;
}

/**
 * Executes the calls of a plan, in order, in one round trip, as root; `onStep` hears the index of each finished call, `onSent`
 * how many bytes of the upload have been handed to the line. On any failure the node has undone the run before this throws; a line that breaks in
 * the middle of an upload is one.
 *
 * Errors: those of `Connection.stream`, E-LOCKED, E-CHANGED-MEANWHILE, E-APPLY-FAILED and the guards of apply.sh.
 */
export async function apply(
  connection: Connection,
  place: Place,
  calls: readonly Command[],
  options: {
    readonly run: string;
    readonly who: string;
    /** A second part follows in the same run, so that both are undone together. */
    readonly goesOn: boolean;
    readonly onStep?: (index: number) => void;
    readonly upload?: Upload | undefined;
    readonly onSent?: (bytes: number) => void;
  },
): Promise<Applied> {
  const { upload } = options;
  const body = script(
    ...(upload === undefined ? [] : [sh`stdin_waits`]),
    sh`begin ${options.run} ${options.who}`,
    ...calls.flatMap((call, index) => [call, sh`say step ${index}`]),
    options.goesOn ? sh`pause` : sh`commit`,
  );
  const lines = await runOnNode(
    connection,
    place,
    body,
    (line) => {
      if (line.startsWith("step ")) options.onStep?.(Number(line.slice(5)));
    },
    upload === undefined ? undefined : sent(upload, options.onSent ?? (() => undefined)),
  );
  if (!lines.some((line) => line.startsWith("committed "))) throw brokenOff(connection);
  return { run: wordsAfter(lines, "resumed") ?? wordsAfter(lines, "begun") ?? options.run };
}

/**
 * Undoes one run, last step first. Returns the files that were left because somebody has changed them since. Errors: as
 * `apply`, and E-NOTHING-TO-ROLL-BACK.
 */
export async function rollBack(connection: Connection, place: Place, run: string): Promise<string[]> {
  const lines = await runOnNode(connection, place, sh`rollback ${run}`, () => undefined);
  if (lines.some((line) => line.startsWith("undone"))) {
    return lines.filter((line) => line.startsWith("left ")).map((line) => line.slice(5));
  }
  const trouble = lines.filter((line) => line.startsWith("trouble ")).map(troubleText);
  if (trouble.length === 0) throw brokenOff(connection);
  throw new PimeshError("E-APPLY-FAILED", `could not undo ${trouble.join("; ")}; the rest is undone`, {
    node: connection.node,
    hint: `mend what stands in the way, then again: pimesh rollback ${connection.node}`,
  });
}

async function runOnNode(
  connection: Connection,
  place: Place,
  body: Command,
  onLine: (line: string) => void,
  stdin?: AsyncIterable<Uint8Array>,
): Promise<readonly string[]> {
  const nonce = randomBytes(8).toString("hex");
  const whole = script(
    sh`nonce=${nonce} state=${place.profile.stateFolder} lib=${place.profile.libFolder} mount=${place.mount} uuid=${place.uuid}`,
    shellFile(await initLibrary(place.init)),
    shellFile(await nodeText("apply.sh")),
    shellFile(await nodeText("swap-areas.sh")),
    shellFile(await nodeText("boot-line.sh")),
    body,
  );
  // A 4 GiB swap file written by dd, or a swapoff, is silent for minutes.
  const { lines, stderr } = await runScript(
    connection,
    { script: whole, nonce, silenceMs: 30 * 60_000, ...(stdin === undefined ? {} : { stdin }) },
    onLine,
  );
  throwFailure(connection, lines, stderr);
  return lines;
}

/** The file piece by piece, each when the line has room for it; never more of it than was planned. */
async function* sent({ from, bytes }: Upload, onSent: (bytes: number) => void): AsyncIterable<Uint8Array> {
  let count = 0;
  try {
    for await (const chunk of createReadStream(from, { end: bytes - 1 }) as AsyncIterable<Buffer>) {
      yield chunk;
      count += chunk.length;
      onSent(count);
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new PimeshError("E-APPLY-FAILED", `${from} can no longer be read (${code})`, { cause });
  }
}

/** `failed CODE words` or `refused CODE words`, as apply.sh says them, as an error. */
function throwFailure(connection: Connection, lines: readonly string[], stderr: string): void {
  const failure = failureOf(lines);
  if (failure === undefined) return;
  const { code, words } = failure;
  const undone = lines.some((line) => line.startsWith("undone"));
  const trouble = lines.filter((line) => line.startsWith("trouble ")).map(troubleText);
  const aftermath =
    failure.word === "refused"
      ? "nothing was changed"
      : undone
        ? "what was done is undone: nothing was changed"
        : `NOT everything could be undone (${trouble.join("; ")})`;
  // The tool that failed has said why, in its own words: `cp: No space left on device`.
  const cause = code === "E-APPLY-FAILED" ? (stderr.trim().split("\n")[0] ?? "") : "";
  const known: ErrorCode = code in errorCodes ? (code as ErrorCode) : "E-APPLY-FAILED";
  throw new PimeshError(
    known,
    `${known === "E-LOCKED" ? `another provision holds it: ${words}` : words}${cause === "" ? "" : ` (${cause})`}; ${aftermath}`,
    {
      node: connection.node,
      hint: hintFor(known, connection.node),
    },
  );
}

function hintFor(code: ErrorCode, node: string): string {
  if (code === "E-LOCKED") return "wait for it to end (the lock frees itself), then run the command again";
  if (code === "E-DISK-NOT-MOUNTED")
    return `plug the disk in; then, to have it mounted: pimesh provision ${node}`;
  if (code === "E-CHANGED-MEANWHILE") return `look at a new plan: pimesh provision ${node} --dry-run`;
  if (code === "E-NOTHING-TO-ROLL-BACK") return `pimesh provision ${node} --dry-run`;
  return `pimesh status ${node}`;
}

function brokenOff(connection: Connection): PimeshError {
  return new PimeshError("E-CONNECTION-LOST", "the node did not say that it had finished", {
    node: connection.node,
    hint: `a second run finishes what the first began: pimesh provision ${connection.node}`,
  });
}

/** `trouble 24 put /etc/x kept 9f…` in words, without the journal's numbers and sums. */
function troubleText(line: string): string {
  const words = line.slice("trouble ".length);
  const match = /^\d+ (\w+) ?(\S*)/.exec(words);
  return match ? `${match[1]} ${match[2]}`.trim() : words;
}
