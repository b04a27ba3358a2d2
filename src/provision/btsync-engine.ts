import { valueOf } from "../core/answer.ts";
import { formatBytes } from "../core/bytes.ts";
import { PimeshError } from "../core/error.ts";
import { sh } from "../core/shell.ts";
import type { KeyNode } from "../engine/btsync-config.ts";
import { engines } from "../engine/engines.ts";
import type { FolderKey } from "../engine/folder-key.ts";
import type { Facts } from "../facts/facts.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import { lookAtEngine, type EngineLook } from "./engine-look.ts";
import { readLocalProgram, unusable, type LocalProgram } from "./engine-program.ts";
import { enginePlaces, type EnginePlaces } from "./engine-unit.ts";
import { engineWay, type EngineWay } from "./engine-way.ts";
import { readFolderKey } from "./folder-key.ts";
import type { InitSystem } from "./init-library.ts";
import type { Profile } from "./profile.ts";
import type { Step } from "./step.ts";

/** What is known of a node's btsync or Resilio before its files are compared. */
export interface KeyEngine {
  readonly node: KeyNode;
  /** Of its unit or init script, as this node calls it. */
  readonly unit: string;
  readonly places: EnginePlaces;
  readonly way: EngineWay;
  readonly look: EngineLook;
  readonly program: LocalProgram | undefined;
  /** Undefined: the inventory names none, so the configuration stays the user's. */
  readonly key: FolderKey | undefined;
  /** Path of the configuration on the node. */
  readonly config: string;
  /** Where the engine keeps its database when nobody has chosen another place. */
  readonly storage: string;
}

export interface KeyEngineGiven {
  readonly node: Node;
  readonly facts: Facts;
  readonly profile: Profile;
  readonly init: InitSystem;
  /** Of the node's engine, whichever it is. */
  readonly unit: string | undefined;
}

/**
 * Reads the user's program and key on the laptop, then asks the node what starts the engine there. Undefined for other engines.
 * Throws E-ENGINE-PROGRAM where there is nothing that could run, E-INVENTORY for a key that is no key; nothing is changed.
 */
export async function lookAtKeyEngine(
  connection: Connection,
  given: KeyEngineGiven,
): Promise<KeyEngine | undefined> {
  const { node, facts, profile, init, unit } = given;
  if (!isKeyNode(node) || unit === undefined) return undefined;
  const architecture = valueOf(facts.architecture);
  const program = await readLocalProgram(node, architecture);
  const key = node.engineSettings.keyFile === undefined ? undefined : await readFolderKey(node);
  const places = enginePlaces(engines[node.engine], unit, init, profile);
  const look = await lookAtEngine(connection, {
    program: places.program,
    loader: program?.loader,
    units: places.units,
  });
  if (program !== undefined && look.loader === false) {
    const problem = `asks for ${program.loader ?? ""}, which is not on the node: it is for another kind of system`;
    throw unusable(node, program.from, problem, architecture);
  }
  const supplied = program !== undefined || look.program !== undefined;
  const way = engineWay({ init, unit: look.unit, supplied });
  if (way === undefined) throw noProgram(node, places, architecture);
  return {
    node,
    unit,
    places,
    way,
    look,
    program,
    key,
    config: (way.kind === "theirs" ? way.config : undefined) ?? places.config,
    storage: `${node.disk.mount}/.pimesh/${node.engine}`,
  };
}

/** Paths whose files have to be compared, those of the system first. */
export function keyEnginePaths({ node, places, way, config, storage }: KeyEngine): {
  readonly system: readonly string[];
  readonly disk: readonly string[];
} {
  const onDisk = config.startsWith(`${node.disk.mount}/`);
  if (way.kind === "left") return { system: [], disk: [] };
  const { dropIns } = places;
  return {
    system: [
      ...(onDisk ? [] : [config]),
      ...(way.kind === "ours" ? [places.unit] : dropIns === undefined ? [] : [dropIns.run, dropIns.user]),
    ],
    disk: [...(onDisk ? [config] : []), storage],
  };
}

/** The program, uploaded only where the node has another one; undefined where none is supplied. */
export function planProgram({ program, places, look, way }: KeyEngine): Step | undefined {
  if (program === undefined || way.kind === "left") return undefined;
  const { path, mode, owner } = { path: places.program, mode: "755", owner: "0:0" };
  const found = look.program;
  if (found?.sum === program.sum && found.mode === mode && found.owner === owner) {
    return { kind: "keep", resource: "engine", what: path, why: "it is the program that you have supplied" };
  }
  return {
    kind: "change",
    resource: "engine",
    what: `${found === undefined ? "upload" : "replace"} ${path}`,
    why: `the program is yours to supply: ${program.from}, ${formatBytes(program.bytes)}, SHA-256 ${program.sum.slice(0, 12)}…`,
    call: sh`receive ${path} ${mode} ${owner} ${found?.sum ?? "absent"} ${program.sum} ${program.bytes}`,
    upload: { from: program.from, bytes: program.bytes },
  };
}

function isKeyNode(node: Node): node is KeyNode {
  return node.engine === "btsync" || node.engine === "resilio";
}

function noProgram(node: KeyNode, places: EnginePlaces, architecture: string | undefined): PimeshError {
  const { title, package: from } = engines[node.engine];
  const vendor = from === undefined ? "" : `, or install the package ${from.name} of ${from.from} on it`;
  return new PimeshError(
    "E-ENGINE-PROGRAM",
    `there is no ${title} on it, and its program is yours to supply: it would go to ${places.program}`,
    {
      node: node.name,
      hint: `in the inventory, engine: { kind: ${node.engine}, binary: … } with one for ${architecture ?? "its machine"}${vendor}`,
    },
  );
}
