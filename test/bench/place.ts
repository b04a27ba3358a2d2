import { existsSync, mkdirSync, mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeKeyPair, type KeyPair } from "../support/key-pair.ts";
import { cleanUp, type CleanUp } from "./clean-up.ts";
import { controlGroup, type ControlGroup } from "./control-group.ts";
import { openLine, type Line } from "./line.ts";

/** Where it all happens. */
export interface Place {
  /** Everything is in here, and goes with it. */
  readonly folder: string;
  readonly line: Line;
  readonly groups: { readonly laptop: ControlGroup | undefined; readonly pi: ControlGroup | undefined };
  /** The python3 that measures: the system's own before one of a version manager. */
  readonly python: string;
  readonly hostKey: KeyPair;
  readonly identity: KeyPair;
  readonly undo: CleanUp;
}

/** `parent`: a folder to make it in, which has room for the trees. */
export function openPlace(parent: string | undefined): Place {
  if (parent !== undefined) mkdirSync(parent, { recursive: true });
  const folder = realpathSync(mkdtempSync(join(parent ?? tmpdir(), "pimesh-bench-")));
  const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
  const undo = cleanUp(python);
  undo.later("rm", "-rf", folder);
  const line = openLine(undo);
  const group = (side: string): ControlGroup | undefined =>
    controlGroup(`pimesh-bench-${process.pid}-${side}`, undo);
  return {
    folder,
    line,
    groups: { laptop: group("laptop"), pi: group("pi") },
    python,
    hostKey: makeKeyPair(join(folder, "host_key")),
    identity: makeKeyPair(join(folder, "identity")),
    undo,
  };
}
