import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { keepFile } from "../state/keep-file.ts";

/** Syncthing's device IDs by the names of the inventory, `laptop` included. */
export type DeviceIds = Readonly<Record<string, string>>;

export interface KnownDevices {
  /** Who was who when provision last heard them. */
  readonly devices: DeviceIds;
  /** All IDs that this laptop has ever named, those of peers and of hardware that is gone too. */
  readonly known: readonly string[];
}

const schemaVersion = 1;
const schema = z.object({
  schemaVersion: z.literal(schemaVersion),
  devices: z.record(z.string(), z.string()),
  // Came later
  known: z.array(z.string()).default([]),
});

/**
 * What cannot be read counts as not known: a home without a known ID keeps what it was paired with, and nobody is put out whom this laptop
 * does not know to be its own.
 */
export async function readKnownDevices(stateFolder: string): Promise<KnownDevices> {
  try {
    const { devices, known } = schema.parse(JSON.parse(await readFile(pathOf(stateFolder), "utf8")));
    return { devices, known: [...new Set([...known, ...Object.values(devices)])] };
  } catch {
    return { devices: {}, known: [] };
  }
}

/** Of these who was who. */
export async function readDeviceIds(stateFolder: string): Promise<DeviceIds> {
  return (await readKnownDevices(stateFolder)).devices;
}

/** Errors: E-STATE. */
export async function writeKnownDevices(stateFolder: string, known: KnownDevices): Promise<void> {
  const text = `${JSON.stringify({ schemaVersion, ...known }, null, 2)}\n`;
  await keepFile(pathOf(stateFolder), text, "the homes' device IDs");
}

function pathOf(stateFolder: string): string {
  return join(stateFolder, "devices.json");
}
