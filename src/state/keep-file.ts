import { randomBytes } from "node:crypto";
import { mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { PimeshError } from "../core/error.ts";

/**
 * Keeps a text of ours on the laptop, as `writeWhole` does. `what` completes "cannot keep …". Errors: E-STATE.
 */
export async function keepFile(path: string, text: string, what: string, node?: string): Promise<void> {
  try {
    await writeWhole(path, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PimeshError("E-STATE", `cannot keep ${what} in ${path}: ${reason}`, {
      ...(node === undefined ? {} : { node }),
      hint: `ls -ld ${dirname(path)}`,
      cause: error,
    });
  }
}

/**
 * Whole or not at all: a reader never sees half of it, and after a power cut the old text or the new one is there. It, and the folders that
 * had to be made, are the user's alone, unless `mode` says otherwise. `temporary`: where it is written first, on the same file system; nothing
 * may be there. Throws what the system says.
 */
export async function writeWhole(
  path: string,
  text: string,
  {
    temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`,
    mode = 0o600,
  }: { readonly temporary?: string; readonly mode?: number } = {},
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(text);
      // Whatever the umask is
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}
