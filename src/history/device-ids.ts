import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { PimeshError } from "../core/error.ts";

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

/** Whole or not at all. Errors: E-STATE. */
export async function writeDeviceIds(stateFolder: string, devices: DeviceIds): Promise<void> {
  const path = pathOf(stateFolder);
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ schemaVersion, devices }, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new PimeshError("E-STATE", `cannot keep the homes' device IDs in ${path}: ${reason}`, {
      hint: `ls -ld ${stateFolder}`,
      cause: error,
    });
  }
}

function pathOf(stateFolder: string): string {
  return join(stateFolder, "devices.json");
}
