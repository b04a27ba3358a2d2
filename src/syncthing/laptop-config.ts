import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { PimeshError } from "../core/error.ts";
import { readAccess, type Access } from "./access.ts";

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  readonly home: string;
  /** As `process.platform`. */
  readonly platform: string;
}

/**
 * Where the user's own Syncthing keeps its configuration, the likeliest first (lib/locations: an old place is used as long as
 * there is a configuration in it).
 */
export function configFolders({ env, home, platform }: Surroundings): string[] {
  const own = env["STHOMEDIR"] || env["STCONFDIR"];
  if (own) return [own];
  if (platform === "darwin") return [join(home, "Library", "Application Support", "Syncthing")];
  const configHome = env["XDG_CONFIG_HOME"];
  const stateHome = env["XDG_STATE_HOME"];
  const folders = [
    ...(configHome ? [join(configHome, "syncthing")] : []),
    join(home, ".config", "syncthing"),
    ...(stateHome && isAbsolute(stateHome) ? [join(stateHome, "syncthing")] : []),
    join(home, ".local", "state", "syncthing"),
  ];
  return [...new Set(folders)];
}

/**
 * How to speak to the user's own Syncthing on this machine; reads files. undefined: there is none. Errors: E-ENGINE-ANSWER
 * when its configuration is there and cannot be used.
 */
export async function findLaptopSyncthing(
  surroundings: Surroundings,
): Promise<{ readonly file: string; readonly access: Access } | undefined> {
  for (const folder of configFolders(surroundings)) {
    const file = join(folder, "config.xml");
    const text = await textOf(file);
    if (text === undefined) continue;
    const access = readAccess(text);
    if (typeof access === "string") throw unusable(file, access);
    return { file, access };
  }
  return undefined;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unusable(file, `cannot be read (${String(code)})`, error);
  }
}

function unusable(file: string, why: string, cause?: unknown): PimeshError {
  return new PimeshError("E-ENGINE-ANSWER", `${file} ${why}`, {
    node: "laptop",
    cause,
    hint: `ls -l ${file}`,
  });
}
