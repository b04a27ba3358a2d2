import { closeSync, constants, openSync, readdirSync } from "node:fs";

/** A folder whose names have been read. Names and paths are latin1, one character a byte. */
export interface OpenFolder {
  /** As the system is asked for what it holds, with a `/` at the end. */
  readonly access: string;
  /** In the order of their bytes. */
  readonly names: readonly string[];
  /** Behind `access`, where the path had grown too long; to be closed. */
  readonly handle: number | undefined;
}

/**
 * Reads a folder's names and those that `also` stand in it. Throws what the system says against it.
 *
 * Names only: their kinds come with the rest of each, and asking for them here costs twice the time.
 */
export function openFolder(access: string, also: readonly string[] = []): OpenFolder {
  if (access.length <= longPath || process.platform !== "linux") {
    return { access, names: namesIn(access, also), handle: undefined };
  }
  const handle = openSync(Buffer.from(access, "latin1"), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const short = `/proc/self/fd/${handle}/`;
    return { access: short, names: namesIn(short, also), handle };
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

/** Linux refuses paths of 4096 bytes and more; names end at 255. Below that a folder gets a short handle of its own. */
const longPath = 3500;

function namesIn(access: string, also: readonly string[]): readonly string[] {
  const names = readdirSync(Buffer.from(access, "latin1"), "latin1");
  const all = also.length === 0 ? names : [...new Set([...names, ...also])];
  // Strings are ordered by code unit, which in latin1 is by byte. Node's own order happens to be the same today, and
  // to find that out costs next to nothing.
  return all.toSorted();
}
