import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Hash, Hasher } from "./content-verdicts.ts";

/** Hashes files of this machine one after another: one disk, one head. Never follows a symlink in a file's place. */
export function hashLaptop(place: {
  readonly tree: string;
  readonly folders: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}): Hasher {
  const elsewhere = Object.entries(place.folders).map(([name, path]) => ({
    prefix: Buffer.from(`${name}/`),
    path: Buffer.from(`${path}/`),
  }));
  const tree = Buffer.from(`${place.tree}/`);
  return async (files, done) => {
    const hashes: Hash[] = [];
    for (const { path, size } of files) {
      place.signal.throwIfAborted();
      const other = elsewhere.find(({ prefix }) => path.subarray(0, prefix.length).equals(prefix));
      const full = other
        ? Buffer.concat([other.path, path.subarray(other.prefix.length)])
        : Buffer.concat([tree, path]);
      hashes.push(await hashFile(full, size, place.signal));
      done(size);
    }
    return hashes;
  };
}

const changed = { failed: "it changed while it was read" };

async function hashFile(path: Buffer, size: number, signal: AbortSignal): Promise<Hash> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let length = 0; ;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      length += bytesRead;
      if (length > size) return changed;
      if (bytesRead === 0) return length === size ? hash.digest("hex") : changed;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (signal.aborted || typeof code !== "string") throw error;
    return { failed: code };
  }
}
