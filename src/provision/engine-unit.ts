import type { Engine } from "../engine/engine.ts";
import type { DesiredFile } from "./desired.ts";
import type { InitSystem } from "./init-library.ts";
import type { Profile } from "./profile.ts";
import { fill } from "./template.ts";
import { nodeText } from "./texts.ts";

/** Where things of an engine lie on a node whose program the user supplies. */
export interface EnginePlaces {
  readonly program: string;
  /** Ours; somebody's unit may name another. */
  readonly config: string;
  /** The unit or init script, where it is ours. */
  readonly unit: string;
  /** Drop-ins of ours for somebody's unit; undefined without systemd. */
  readonly dropIns: { readonly run: string; readonly user: string } | undefined;
  /** Where a unit or an init script of the engine may lie, the one that counts first. */
  readonly units: readonly string[];
}

/** `unit`: as the engine's own is called on this node. */
export function enginePlaces(engine: Engine, unit: string, init: InitSystem, profile: Profile): EnginePlaces {
  // The kernel takes the name of the process from the file's
  const [name = engine.kind] = engine.processNames;
  const places = {
    program: `${profile.libFolder}/engine/${name}`,
    config: `${profile.confFolder}/${name}.conf`,
  };
  if (init === "sysvinit") {
    const path = `/etc/init.d/${unit}`;
    return { ...places, unit: path, dropIns: undefined, units: [path] };
  }
  const folder = `${profile.unitFolder}/${unit}`;
  return {
    ...places,
    unit: folder,
    dropIns: { run: `${folder}.d/55-pimesh-run.conf`, user: `${folder}.d/56-pimesh-user.conf` },
    units: [...new Set([profile.unitFolder, ...unitFolders])].map((each) => `${each}/${unit}`),
  };
}

/** What starts the supplied program: a unit, or without systemd an init script, which knows the places itself. */
export async function ownUnit(
  kind: string,
  places: EnginePlaces,
  user: string,
): Promise<Omit<DesiredFile, "owner">> {
  const { program, config, unit: path, dropIns } = places;
  const why = "starts the program that you have supplied, with its configuration";
  if (dropIns === undefined) {
    return { resource: "engine", path, text: await nodeText("etc/init.d/engine"), mode: "755", why };
  }
  const text = fill(
    await nodeText("etc/systemd/system/engine.service"),
    { kind, user, program, config },
    "unit",
  );
  return { resource: "engine", path, text, mode: "644", why, needsReload: true };
}

/** Tells somebody's unit program and configuration. */
export async function runDropIn(path: string, program: string, config: string): Promise<DesiredFile> {
  return dropIn(
    path,
    fill(await nodeText(`${dropIns}/55-pimesh-run.conf`), { program, config }, "unit"),
    "its unit stays; it is told the program and the configuration",
  );
}

/** Has somebody's unit run as the login's user. */
export async function userDropIn(
  path: string,
  values: { readonly user: string; readonly group: string; readonly runFolder: string },
): Promise<DesiredFile> {
  return dropIn(
    path,
    fill(await nodeText(`${dropIns}/56-pimesh-user.conf`), values, "unit"),
    "the tree on the disk belongs to the login's user, and the unit's own may not write there",
  );
}

function dropIn(path: string, text: string, why: string): DesiredFile {
  return { resource: "engine", path, text, mode: "644", owner: "0:0", why, needsReload: true };
}

const dropIns = "etc/systemd/system/engine.service.d";

/** In the order of systemd.unit(5); last, what systemd makes of init scripts. */
const unitFolders = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/run/systemd/generator.late",
];
