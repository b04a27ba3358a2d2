import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { PimeshError } from "../core/error.ts";
import type { Laptop } from "../inventory/inventory.ts";
import { keepFile } from "../state/keep-file.ts";
import { describeFileSystem, fileSystemOf, isSameFileSystem, type FileSystem } from "./file-system.ts";
import { makeFilter } from "./filter.ts";
import { scanLaptop } from "./scan-laptop.ts";

export interface GuardOptions {
  /** Where the pin is kept, as `laptop-tree.json`. */
  readonly stateFolder: string;
  readonly laptop: Laptop;
  /** `accept`: the tree is taken as it is now, and pinned so. */
  readonly on: "check" | "accept";
}

/**
 * Guards the laptop's tree like a disk: an unmounted partition must never look like "everything was deleted". At the
 * first use each place is pinned by its file system and the engine's marker; from then on it has to be the same, and
 * may not be empty where it held files. Throws E-LAPTOP-TREE, or E-STATE when the pin cannot be read.
 */
export async function guardLaptopTree(options: GuardOptions): Promise<void> {
  const { laptop } = options;
  const file = join(options.stateFolder, "laptop-tree.json");
  const pins = await readPins(file);
  const places = [
    { path: laptop.tree, isPartition: false },
    ...Object.values(laptop.folders).map((path) => ({ path, isPartition: true })),
  ];
  let changed = false;
  for (const { path, isPartition } of places) {
    const before = pins.get(path);
    const now = await look(path);
    if (options.on === "check") {
      const wrong = before ? contradiction(before, now) : firstDoubt(now, isPartition);
      if (wrong !== undefined) throw refusal(path, wrong);
    }
    const pin: Pin = {
      path,
      ...(now.fileSystem ? { fileSystem: now.fileSystem } : {}),
      markers: now.markers,
      hadFiles: now.hasFiles,
    };
    if (JSON.stringify(pin) !== JSON.stringify(before)) {
      pins.set(path, pin);
      changed = true;
    }
  }
  if (changed) await writePins(file, [...pins.values()]);
}

interface Pin {
  readonly path: string;
  readonly fileSystem?: FileSystem;
  /** The engines' markers that stood in it. */
  readonly markers: readonly string[];
  readonly hadFiles: boolean;
}

interface Seen {
  readonly fileSystem: FileSystem | undefined;
  readonly markers: readonly string[];
  readonly hasFiles: boolean;
}

const markerNames = [".stfolder", ".SyncID", ".sync"];

async function look(path: string): Promise<Seen> {
  try {
    if (!(await stat(path)).isDirectory()) throw noFolder(path, "it is not a folder");
  } catch (error) {
    if (error instanceof PimeshError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw noFolder(path, code === "ENOENT" ? "it does not exist" : `it cannot be looked at (${code})`);
  }
  const markers: string[] = [];
  for (const name of markerNames) if (await exists(join(path, name))) markers.push(name);
  return { fileSystem: await fileSystemOf(path), markers, hasFiles: await hasFiles(path) };
}

function contradiction(pin: Pin, now: Seen): string | undefined {
  if (pin.fileSystem && now.fileSystem && !isSameFileSystem(pin.fileSystem, now.fileSystem)) {
    return `it lies on another file system (${describeFileSystem(now.fileSystem)}) than before (${describeFileSystem(pin.fileSystem)}): is it mounted?`;
  }
  if (pin.hadFiles && !now.hasFiles) return "it is empty, and held files before: is it mounted?";
  if (pin.markers.length > 0 && !pin.markers.some((marker) => now.markers.includes(marker))) {
    return `the sync engine's marker ${pin.markers.join(", ")} is gone from it: is it the right folder?`;
  }
  return undefined;
}

/** A partition is named in the inventory because there is something on it; a new tree may be empty. */
function firstDoubt(now: Seen, isPartition: boolean): string | undefined {
  return isPartition && !now.hasFiles ? "it is empty: is it mounted?" : undefined;
}

/** A folder that can be taken as it is, if the person says so. */
function refusal(path: string, what: string): PimeshError {
  return distrust(
    path,
    what,
    "mount it; or, if it is meant to be so, run the command once with --accept-laptop-tree",
  );
}

/** There is nothing to accept: no flag helps. */
function noFolder(path: string, what: string): PimeshError {
  return distrust(
    path,
    what,
    "mount it or create it, or mend laptop.tree or laptop.folders in the inventory",
  );
}

function distrust(path: string, what: string, hint: string): PimeshError {
  return new PimeshError("E-LAPTOP-TREE", `the laptop's folder ${path} cannot be trusted: ${what}`, { hint });
}

/** Is there one file that counts? The walk ends at the first. */
async function hasFiles(path: string): Promise<boolean> {
  for await (const batch of scanLaptop({ tree: path, filter: makeFilter() })) {
    if (batch.some((entry) => entry.kind === "file")) return true;
  }
  return false;
}

async function readPins(file: string): Promise<Map<string, Pin>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw unreadable(file, error);
  }
  try {
    const { places } = JSON.parse(text) as { places: Pin[] };
    return new Map(places.map((pin) => [pin.path, { ...pin, markers: [...pin.markers] }]));
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): PimeshError {
  return new PimeshError("E-STATE", `the pin of the laptop's tree in ${file} cannot be read`, {
    hint: `look at the tree, then: rm ${file}`,
    cause,
  });
}

async function writePins(file: string, places: readonly Pin[]): Promise<void> {
  await keepFile(
    file,
    `${JSON.stringify({ schemaVersion: 1, places }, null, 2)}\n`,
    "the pin of the laptop's tree",
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
