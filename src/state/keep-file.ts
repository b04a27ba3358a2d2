import { randomBytes } from "node:crypto";
import { mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { PimeshError } from "../core/error.ts";

/**
 * Keeps a text of ours on the laptop, whole or not at all: a reader never sees half of it, and after a power cut the old one or the new
 * one is there. It, and the folders that had to be made, are the user's alone. `what` completes "cannot keep …". Errors: E-STATE.
 */
export async function keepFile(path: string, text: string, what: string, node?: string): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new PimeshError("E-STATE", `cannot keep ${what} in ${path}: ${reason}`, {
      ...(node === undefined ? {} : { node }),
      hint: `ls -ld ${dirname(path)}`,
      cause: error,
    });
  }
}
