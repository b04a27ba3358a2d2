import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { keepFile } from "../state/keep-file.ts";

/** Syncthing's device IDs by the names of the inventory, `laptop` included. */
export type DeviceIds = Readonly<Record<string, string>>;

const schemaVersion = 1;
const schema = z.object({
  schemaVersion: z.literal(schemaVersion),
  devices: z.record(z.string(), z.string()),
});

/**
 * Who was who when provision last heard them. What cannot be read counts as not known: a home without a known ID keeps what it was
 * paired with.
 */
export async function readDeviceIds(stateFolder: string): Promise<DeviceIds> {
  try {
    return schema.parse(JSON.parse(await readFile(pathOf(stateFolder), "utf8"))).devices;
  } catch {
    return {};
  }
}

/** Errors: E-STATE. */
export async function writeDeviceIds(stateFolder: string, devices: DeviceIds): Promise<void> {
  const text = `${JSON.stringify({ schemaVersion, devices }, null, 2)}\n`;
  await keepFile(pathOf(stateFolder), text, "the homes' device IDs");
}

function pathOf(stateFolder: string): string {
  return join(stateFolder, "devices.json");
}
