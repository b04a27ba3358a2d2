import { randomBytes } from "node:crypto";
import { script, sh, shellFile } from "../core/shell.ts";
import type { Connection } from "../ssh/connection.ts";
import { octal, parseRecords } from "./inspection.ts";
import { nodeText } from "./texts.ts";

/** What a node says of an engine whose program and unit may be the user's own. */
export interface EngineLook {
  /** The program at the place where ours goes. */
  readonly program: { readonly mode: string; readonly owner: string; readonly sum: string } | undefined;
  /** The loader that the laptop's program asks for is there; undefined: it asks for none. */
  readonly loader: boolean | undefined;
  /** What starts the engine, ours or somebody's. */
  readonly unit: { readonly path: string; readonly text: string } | undefined;
  /** `uid:gid` of the user that it names, where the node knows him. */
  readonly unitUser: string | undefined;
}

export interface EngineQuestions {
  readonly program: string;
  readonly loader: string | undefined;
  /** Where a unit or an init script of that name may lie, the one that counts first. */
  readonly units: readonly string[];
}

/** Asks as root, since a unit may be closed to others; changes nothing. Errors: those of `Connection.run`. */
export async function lookAtEngine(connection: Connection, questions: EngineQuestions): Promise<EngineLook> {
  const nonce = randomBytes(8).toString("hex");
  const { program, loader, units } = questions;
  const { stdout } = await connection.run(
    script(
      shellFile(await nodeText("inspect.sh")),
      shellFile(await nodeText("engine-look.sh")),
      sh`nonce=${nonce}`,
      sh`look_program ${program}`,
      ...(loader === undefined ? [] : [sh`look_loader ${loader}`]),
      sh`look_unit ${units}`,
    ),
    { as: "root" },
  );
  const records = parseRecords(stdout, nonce);
  const text = (key: string): string | undefined => records.get(key)?.toString("utf8");
  const unit = text("unit");
  const end = unit?.indexOf("\n") ?? -1;
  return {
    program: readProgram(text("program")),
    loader: loader === undefined ? undefined : text("loader") === "yes",
    unit: unit === undefined ? undefined : { path: unit.slice(0, end), text: unit.slice(end + 1) },
    unitUser: text("user"),
  };
}

function readProgram(text: string | undefined): EngineLook["program"] {
  const [mode, uid, gid, , sum] = (text ?? "").split(" ");
  if (mode === undefined || sum === undefined) return undefined;
  return { mode: octal(mode), owner: `${uid}:${gid}`, sum };
}
