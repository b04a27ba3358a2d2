import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { keepFile } from "../state/keep-file.ts";

const schema = z.object({ schemaVersion: z.literal(1), homes: z.array(z.string()) });

/**
 * The homes whose folder a provision has paused, and not resumed yet: a run that was cut off leaves them so, and the next one resumes
 * them. What cannot be read counts as none: status tells of a folder that stays paused.
 */
export async function readQuieted(stateFolder: string): Promise<readonly string[]> {
  try {
    return schema.parse(JSON.parse(await readFile(pathOf(stateFolder), "utf8"))).homes;
  } catch {
    return [];
  }
}

/** Errors: E-STATE. */
export async function writeQuieted(stateFolder: string, homes: readonly string[]): Promise<void> {
  const text = `${JSON.stringify({ schemaVersion: 1, homes }, null, 2)}\n`;
  await keepFile(pathOf(stateFolder), text, "which homes are paused");
}

function pathOf(stateFolder: string): string {
  return join(stateFolder, "paused.json");
}
