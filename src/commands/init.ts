import { randomUUID } from "node:crypto";
import { link, lstat, mkdir, open, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PimeshError } from "../core/error.ts";
import { exitCode, type ExitCode } from "../core/exit-code.ts";
import { quote } from "../core/shell.ts";
import { firstInventoryText } from "../inventory/first-inventory.ts";
import type { Context } from "./context.ts";
import { firstInventoryOf, type FirstAnswers } from "./first-answers.ts";

export interface InitOptions extends FirstAnswers {
  readonly output?: string;
}

/**
 * Writes a first inventory that passes `check`: from the flags, and on a terminal asks for what they leave open. Throws
 * E-USAGE for a file that is there already and for values that would not pass, E-NEEDS-TTY where it would have to ask.
 */
export async function init(context: Context, options: InitOptions): Promise<ExitCode> {
  const path = resolve(context.cwd, options.output ?? "pimesh.yaml");
  // Before anything is asked; what counts is the look that is part of writing it.
  if (await isThere(path)) throw alreadyThere(path);
  const text = firstInventoryText(await firstInventoryOf(context, options));
  await requireSound(context, text, path);
  await writeNew(path, text);
  context.out(`wrote ${path}\n`);
  const flag = path === join(context.cwd, "pimesh.yaml") ? "" : ` --inventory ${quote(path)}`;
  context.err(`next: pimesh check${flag}, then pimesh trust NODE${flag} for each node\n`);
  return exitCode.fine;
}

/** What is right in each answer may be wrong together, such as one address for two nodes. */
async function requireSound({ env, home }: Context, text: string, path: string): Promise<void> {
  const { parseInventory } = await import("../inventory/load.ts");
  const { problems } = parseInventory(text, path, { env, home });
  if (problems.length === 0) return;
  const lines = problems.map(({ key, message }) => `${key === undefined ? "" : `${key}: `}${message}`);
  throw new PimeshError("E-USAGE", `no inventory was written: ${lines.join("; ")}`, {
    hint: "pimesh init --help",
  });
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function alreadyThere(path: string): PimeshError {
  return new PimeshError("E-USAGE", `${path} is there already, and is not overwritten`, {
    hint: `pimesh check --inventory ${quote(path)}`,
  });
}

/** The whole text or nothing, and never over a file that is there: link(2) fails where rename(2) would replace. */
async function writeNew(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.pimesh-${randomUUID()}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeSynced(temporary, text);
    try {
      await link(temporary, path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") throw error;
      // FAT and some network file systems have no hard links; `wx` refuses a file that is there as well.
      await writeSynced(path, text);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await isThere(path))) throw alreadyThere(path);
    throw new PimeshError("E-USAGE", `the inventory could not be written: ${message}`, {
      hint: "pimesh init --output FILE, in a folder that you may write to",
      cause: error,
    });
  } finally {
    // What could not be made cannot be removed.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
