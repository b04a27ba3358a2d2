import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PimeshError } from "../core/error.ts";
import { writeWhole } from "../state/keep-file.ts";
import { hostKeyOf, type HostKey } from "./host-key.ts";

/** A host key that was accepted for a node. */
export interface Pin extends HostKey {
  /** When, as ISO 8601. */
  readonly at: string;
  readonly from: "trust" | "known_hosts";
}

/** `<state folder>/pins/<node>.json`, one file a node. */
export interface Pins {
  /** Empty before the first pin. Throws E-STATE when the file is damaged: then nothing is trusted. */
  read(node: string): Promise<readonly Pin[]>;
  /** Replaces what is pinned, atomically, readable by the user alone. */
  write(node: string, pins: readonly Pin[]): Promise<void>;
}

export function pinsIn(stateFolder: string): Pins {
  const folder = join(stateFolder, "pins");
  const fileOf = (node: string): string => join(folder, `${encodeURIComponent(node)}.json`);
  return {
    read: async (node) => {
      const file = fileOf(node);
      let text: string;
      try {
        text = await readFile(file, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw damaged(node, file, "cannot be read", error);
      }
      return parsePins(text, node, file);
    },
    write: async (node, pins) => {
      const keys = pins.map(({ type, key, fingerprint, at, from }) => ({ type, key, fingerprint, at, from }));
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await chmod(folder, 0o700);
        await writeWhole(fileOf(node), `${JSON.stringify({ schemaVersion: 1, node, keys }, null, 2)}\n`);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw new PimeshError(
          "E-STATE",
          `its host key cannot be recorded in ${folder} (${code ?? "unknown"})`,
          {
            node,
            hint: `ls -ld ${folder}`,
            cause: error,
          },
        );
      }
    },
  };
}

function parsePins(text: string, node: string, file: string): readonly Pin[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(node, file, "is not JSON", error);
  }
  const { schemaVersion, node: named, keys } = (json ?? {}) as Record<string, unknown>;
  if (schemaVersion !== 1) throw damaged(node, file, `has schema version ${String(schemaVersion)}, not 1`);
  // A copied or renamed file must not carry the trust of one node over to another.
  if (named !== node) throw damaged(node, file, `belongs to ${JSON.stringify(named)}`);
  if (!Array.isArray(keys) || keys.length === 0) throw damaged(node, file, "has no keys");
  return keys.map((entry: unknown) => parsePin(entry, node, file));
}

function parsePin(entry: unknown, node: string, file: string): Pin {
  const { key, at, from } = (entry ?? {}) as Record<string, unknown>;
  // Type and fingerprint are derived again: they stand in the file for people.
  const hostKey = typeof key === "string" ? hostKeyOf(Buffer.from(key, "base64")) : undefined;
  if (!hostKey || typeof at !== "string" || (from !== "trust" && from !== "known_hosts")) {
    throw damaged(node, file, "has an entry that is not a key");
  }
  return { ...hostKey, at, from };
}

function damaged(node: string, file: string, what: string, cause?: unknown): PimeshError {
  return new PimeshError("E-STATE", `the record of its host key ${what}: ${file}`, {
    node,
    hint: `pimesh trust ${node} --replace`,
    cause,
  });
}
