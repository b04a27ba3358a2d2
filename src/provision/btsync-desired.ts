import { PimeshError } from "../core/error.ts";
import { btsyncConfig, maskedConfig } from "../engine/btsync-config.ts";
import type { FolderKey } from "../engine/folder-key.ts";
import { treePath } from "../inventory/inventory.ts";
import { planProgram, type KeyEngine } from "./btsync-engine.ts";
import { planFile, type DesiredFile, type DesiredFolder } from "./desired.ts";
import { ownUnit, runDropIn, userDropIn } from "./engine-unit.ts";
import { readFolderKey } from "./folder-key.ts";
import type { Inspection } from "./inspection.ts";
import type { Notice, Step } from "./step.ts";

/** What btsync or Resilio is to have on a node, beside the guard that every engine has. */
export interface KeyEngineDesired {
  readonly systemFiles: readonly DesiredFile[];
  readonly diskFiles: readonly DesiredFile[];
  readonly diskFolders: readonly DesiredFolder[];
  /** The upload of its program. */
  readonly program: Step | undefined;
  /** The plan itself brings what starts the engine. */
  readonly brings: boolean;
  /** Something that a running engine has read only at its start is to change. */
  readonly changes: boolean;
  readonly notices: readonly Notice[];
}

export interface Login {
  readonly name: string;
  /** `uid:gid`. */
  readonly owner: string;
}

/**
 * Decides from what lies on the node. Undefined: that can be told only when the disk is mounted. Throws E-ENGINE-CONFIG for a
 * configuration that cannot be read, E-INVENTORY where a key is needed and none is named.
 */
export async function keyEngineDesired(
  engine: KeyEngine,
  inspection: Inspection,
  login: Login,
): Promise<KeyEngineDesired | undefined> {
  const { way, node, key } = engine;
  const program = planProgram(engine);
  const nothing = { systemFiles: [], diskFiles: [], diskFolders: [], program, brings: false };
  if (way.kind === "left") return { ...nothing, changes: false, notices: [leftNotice(engine, way.why)] };
  const unseen = inspection.disk?.kind === "unseen";
  if (unseen && (engine.config.startsWith(`${node.disk.mount}/`) || way.kind === "theirs")) return undefined;
  if (key === undefined) {
    // The user's own is good enough where there is one; else the engine would run and sync nothing
    if (way.kind === "ours" && inspection.files.get(engine.config)?.kind !== "file")
      await readFolderKey(node);
    const systemFiles = way.kind === "ours" ? [await startsIt(engine, login)] : [];
    return {
      ...nothing,
      systemFiles,
      brings: way.kind === "ours",
      changes: changesIn([program], systemFiles, inspection),
      notices: [keptNotice(engine)],
    };
  }
  const runs = runsAs(engine, inspection, login);
  const config = configFile(engine, key, inspection, runs.owner);
  const units = await unitFiles(engine, login, runs.becomesLogin);
  const onDisk = config.path.startsWith(`${node.disk.mount}/`);
  return {
    systemFiles: [...(onDisk ? [] : [config]), ...units],
    diskFiles: onDisk ? [config] : [],
    diskFolders: config.storage === engine.storage ? [storageFolder(engine, runs.owner)] : [],
    program,
    brings: way.kind === "ours",
    changes: changesIn([program], [config, ...units], inspection),
    notices: runs.notices,
  };
}

function changesIn(
  steps: readonly (Step | undefined)[],
  files: readonly DesiredFile[],
  inspection: Inspection,
): boolean {
  return [...steps, ...files.map((file) => planFile(file, inspection))].some(
    (step) => step?.kind === "change",
  );
}

/** The user's configuration with the inventory laid over it. */
function configFile(
  { node, config: path, way }: KeyEngine,
  key: FolderKey,
  inspection: Inspection,
  owner: string | undefined,
): DesiredFile & { readonly storage: string } {
  const found = inspection.files.get(path);
  const bytes = found?.kind === "file" ? found.bytes : undefined;
  const before = bytes?.toString("utf8");
  const isText = before === undefined || Buffer.from(before, "utf8").equals(bytes as Buffer);
  const made = isText ? btsyncConfig(node, key, before) : { problem: "is not UTF-8 text" };
  if ("problem" in made) {
    throw new PimeshError(
      "E-ENGINE-CONFIG",
      `${path} ${made.problem}, so what is yours in it could not be kept`,
      {
        node: node.name,
        hint: `mend it, or move it away: ssh ${node.name} sudo mv ${path} ${path}.old`,
      },
    );
  }
  const what = bytes === undefined ? "from the inventory" : "from the inventory, the rest as it is";
  // Its unit has named none until now: what it was told, it was told in its web interface
  const unseen =
    way.kind === "theirs" && way.config === undefined && bytes === undefined
      ? ["folders that were added in its web interface are no longer synced by it; its database begins anew"]
      : [];
  return {
    resource: "engine",
    path,
    text: made.text,
    // It holds the key
    mode: "600",
    owner: owner ?? (found?.kind === "file" ? found.owner : "0:0"),
    why: [`folder, key, limits and archive ${what}`, ...unseen, ...made.remarks].join("; "),
    hide: (text) => maskedConfig(text.replaceAll(key.reveal(), "***")),
    storage: (JSON.parse(made.text) as { storage_path: string }).storage_path,
  };
}

function storageFolder({ storage }: KeyEngine, owner: string | undefined): DesiredFolder {
  const why = "its database lies on the disk, so that it knows of no folder without the disk";
  return { resource: "engine", path: storage, mode: "700", owner: owner ?? "0:0", why };
}

async function unitFiles(engine: KeyEngine, login: Login, becomesLogin: boolean): Promise<DesiredFile[]> {
  const { way, places } = engine;
  if (way.kind === "ours") return [await startsIt(engine, login)];
  if (way.kind === "left" || places.dropIns === undefined) return [];
  const { run, user } = places.dropIns;
  return [
    ...(way.retold ? [await runDropIn(run, way.program ?? places.program, engine.config)] : []),
    ...(becomesLogin
      ? [
          await userDropIn(user, {
            user: login.name,
            group: login.owner.split(":")[1] ?? "",
            runFolder: `/var/run/${engine.unit.replace(/\.service$/, "")}`,
          }),
        ]
      : []),
  ];
}

async function startsIt(engine: KeyEngine, login: Login): Promise<DesiredFile> {
  return { ...(await ownUnit(engine.node.engine, engine.places, login.name)), owner: "0:0" };
}

/**
 * Who is to run the engine: somebody's unit gets the login's user where its own could not write to the tree, and where nothing
 * that it has on the disk belongs to another. `owner` is undefined where the node does not know the unit's user.
 */
function runsAs(
  { node, way, look, storage, unit }: KeyEngine,
  inspection: Inspection,
  login: Login,
): { owner: string | undefined; becomesLogin: boolean; notices: Notice[] } {
  if (way.kind !== "theirs" || way.user === login.name) {
    return { owner: login.owner, becomesLogin: false, notices: [] };
  }
  if (way.user === undefined) return { owner: "0:0", becomesLogin: false, notices: [] };
  const owners = [treePath(node), storage].flatMap((path) => {
    const found = inspection.files.get(path);
    return found?.kind === "folder" ? [found.owner] : [];
  });
  const isRoot = login.owner.startsWith("0:");
  if (!isRoot && owners.every((owner) => owner === login.owner)) {
    return { owner: login.owner, becomesLogin: true, notices: [] };
  }
  const notice = {
    message: `${unit} runs as ${way.user}, and pimesh leaves it so, as ${isRoot ? "the login is root's" : "what lies on the disk is not the login's"}: it syncs only what ${way.user} may read and write`,
    hint: `see whose the files are: ssh ${node.name} ls -ldn ${treePath(node)}`,
  };
  return { owner: look.unitUser, becomesLogin: false, notices: [notice] };
}

function leftNotice({ node, key, program }: KeyEngine, why: string): Notice {
  const unused = [
    ...(program === undefined ? [] : ["binary"]),
    ...(key === undefined ? [] : ["key_file"]),
  ].join(" and ");
  return {
    message: `program and configuration of ${node.engine} stay as they are: ${why}${unused === "" ? "" : `; ${unused} of the inventory ${unused.includes(" ") ? "are" : "is"} not used`}`,
    ...(unused === ""
      ? {}
      : { hint: `to have pimesh start it, take that away on ${node.name}, and provision again` }),
  };
}

function keptNotice({ node, config, way }: KeyEngine): Notice {
  const which = way.kind === "theirs" && way.config === undefined ? "" : ` ${config}`;
  return {
    message: `the configuration${which} of ${node.engine} stays as it is, also its archive and its limits: the inventory names no key for the folder`,
    hint: "to have pimesh write it: engine: { key_file: ~/.config/pimesh/folder-key }",
  };
}
