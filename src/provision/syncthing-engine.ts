import { valueOf } from "../core/answer.ts";
import { sh } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import type { Facts } from "../facts/facts.ts";
import { isInstalled, unitOf } from "../facts/unit-of.ts";
import type { Node } from "../inventory/inventory.ts";
import { goEnvironment } from "../syncthing/go-environment.ts";
import { syncthingHome } from "../syncthing/our-folder.ts";
import type { DesiredFile, DesiredFolder } from "./desired.ts";
import type { InitSystem } from "./init-library.ts";
import type { Inspection } from "./inspection.ts";
import type { Profile } from "./profile.ts";
import type { Change, Notice, Step } from "./step.ts";
import { fill } from "./template.ts";
import { nodeText } from "./texts.ts";

/** What becomes of Syncthing on a node. */
export type SyncthingCase =
  /** Another engine, or none. */
  | { readonly kind: "not-wanted" }
  /** It runs, or is to run, with a home of our own on the disk. */
  | { readonly kind: "ours" }
  /** The same, once the distribution's package is there. */
  | { readonly kind: "install" }
  /** Guarded, as every engine, and not configured; why. */
  | { readonly kind: "left-alone"; readonly notice: Notice };

export interface SyncthingInput {
  readonly node: Node;
  readonly facts: Facts;
  readonly init: InitSystem;
  readonly profile: Profile;
  readonly user: { readonly name: string; readonly owner: string };
}

/**
 * A Syncthing that runs with a configuration of its own is never taken over: its folders and its peers would be gone from one moment to
 * the next. `inspection` says whether the drop-in is there that makes it ours.
 */
export function syncthingCase(
  { node, facts, init, profile, user }: SyncthingInput,
  { files }: Pick<Inspection, "files">,
): SyncthingCase {
  if (node.engine !== "syncthing") return { kind: "not-wanted" };
  const unit = engines.syncthing.unit(user.name);
  if (init !== "systemd") {
    return leave("Syncthing is guarded here, and not set up: without systemd there is nothing that runs it");
  }
  if (valueOf(facts.identity)?.uid === 0) {
    return leave(
      "Syncthing is not set up: it would run as root",
      `name the user whose files these are: user of ${node.name} in the inventory`,
    );
  }
  const tools = valueOf(facts.tools) ?? [];
  if (!tools.includes("syncthing")) {
    if (isInstalled(facts, unit)) {
      return leave(`${unit} does not run /usr/bin/syncthing: it is guarded, and not set up`);
    }
    return tools.includes("apt-get")
      ? { kind: "install" }
      : leave(
          "Syncthing is not there, and there is no apt-get to install it with",
          "install it as your system does, then run the command again",
        );
  }
  if (files.get(dropInPath(profile, unit))?.kind === "file") return { kind: "ours" };
  const state = unitOf(facts, unit)?.activeState;
  const runs =
    valueOf(facts.processes)?.some((process) => process.runs === "syncthing") === true ||
    state === "active" ||
    state === "activating";
  if (!runs) return { kind: "ours" };
  return leave(
    "a Syncthing with a configuration of its own runs there; it is left alone, and its files are not paired by pimesh",
    `to let pimesh set it up anew: ssh ${node.name} sudo systemctl disable --now ${unit}, then pimesh provision ${node.name}`,
  );
}

/** The drop-in that gives the engine's unit our home. */
export async function syncthingDropIn({
  node,
  facts,
  profile,
  user,
}: Omit<SyncthingInput, "init">): Promise<DesiredFile> {
  const template = await nodeText("etc/systemd/system/engine.service.d/55-pimesh-syncthing.conf");
  const total = valueOf(facts.memory)?.total;
  const memory = (total === undefined ? [] : goEnvironment(total)).map((line) => `Environment=${line}\n`);
  return {
    resource: "engine",
    path: dropInPath(profile, engines.syncthing.unit(user.name)),
    text: `${fill(template, { home: syncthingHome(node) }, "unit")}${memory.join("")}`,
    mode: "644",
    owner: "0:0",
    why: "Syncthing's keys and database lie on the disk, and its memory fits the board's",
    needsReload: true,
  };
}

export function syncthingFolder(node: Node, owner: string): DesiredFolder {
  return {
    resource: "engine",
    path: syncthingHome(node),
    mode: "700",
    owner,
    why: "Syncthing's own home: on the disk, so that no disk means no database",
  };
}

function leave(message: string, hint?: string): SyncthingCase {
  return { kind: "left-alone", notice: { message, ...(hint === undefined ? {} : { hint }) } };
}

export interface SyncthingSteps {
  /** Before everything else. */
  readonly first: readonly Step[];
  /** When its files are there, before it is started. */
  readonly before: readonly Step[];
}

export function syncthingSteps(
  which: SyncthingCase,
  { node, user, facts }: Pick<SyncthingInput, "node" | "user" | "facts">,
  dropIn: DesiredFile,
  { files }: Pick<Inspection, "files">,
): SyncthingSteps {
  if (which.kind === "install") {
    const why = "the distribution's own package; what it is set to is ours";
    return { first: [change("install syncthing", why, sh`install_package syncthing`)], before: [] };
  }
  if (which.kind !== "ours") return { first: [], before: [] };
  const home = syncthingHome(node);
  const generated = files.get(certificateOf(node))?.kind === "file";
  const unit = engines.syncthing.unit(user.name);
  const there = files.get(dropIn.path);
  const differs = there?.kind === "file" && there.bytes.toString() !== dropIn.text;
  const isOld = unitOf(facts, unit)?.activeState === "active" && (differs || !generated);
  return {
    first: [],
    before: [
      generated
        ? { kind: "keep", resource: "engine", what: `Syncthing's keys in ${home}`, why: "they are there" }
        : change(
            `make Syncthing's keys in ${home}`,
            "its identity among the homes: it stays with the disk",
            sh`syncthing_home ${home} ${user.name}`,
          ),
      ...(isOld
        ? [change(`restart ${unit}`, "it still runs as it was told before", sh`restart_unit ${unit}`)]
        : []),
    ],
  };
}

/** Tells whether it has its keys; what a look at it brings along is public, unlike the configuration. */
export function certificateOf(node: Node): string {
  return `${syncthingHome(node)}/cert.pem`;
}

/** Of 1.x and 2.x; both are folders. */
export function databasesOf(node: Node): string[] {
  return ["index-v0.14.0.db", "index-v2"].map((name) => `${syncthingHome(node)}/${name}`);
}

/**
 * May the engine remember files that were in the tree, and take those that are missing for deleted? Our Syncthing's database lies on the
 * disk: on a new one it knows nothing, and fetches what is missing from the others.
 */
export function mayRemember(
  which: SyncthingCase,
  node: Node,
  { files, disk }: Pick<Inspection, "files" | "disk">,
): boolean {
  const isOurs = which.kind === "ours" || which.kind === "install";
  if (!isOurs || disk === undefined || disk.kind === "unseen") return true;
  return databasesOf(node).some((path) => files.get(path)?.kind !== "absent");
}

function dropInPath(profile: Profile, unit: string): string {
  return `${profile.unitFolder}/${unit}.d/55-pimesh-syncthing.conf`;
}

function change(what: string, why: string, call: Change["call"]): Change {
  return { kind: "change", resource: "engine", what, why, call };
}
