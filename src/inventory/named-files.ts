import { readFile, stat } from "node:fs/promises";
import type { Inventory, Node } from "./inventory.ts";
import { reader, type Reader } from "./read-mapping.ts";
import type { Path, Problem } from "./problem.ts";

/**
 * What is said of the folder's keys that nodes have, by node and in the order of the inventory. Given by the caller,
 * because what a key is belongs to the engines, which stand above the inventory.
 */
export type JudgeKeys = (
  keys: ReadonlyMap<string, string>,
) => readonly { readonly node: string; readonly kind: "problem" | "note"; readonly text: string }[];

/**
 * What is wrong with the files of the laptop that the inventory names: not there, not a file, and of keys and passwords
 * also readable by others or not what they should be. OpenSSH refuses such a key as well (ssh(1), "FILES": it must not be
 * accessible by others).
 */
export async function namedFileProblems(
  inventory: Inventory,
  { tree }: Reader,
  judgeKeys: JudgeKeys,
): Promise<{ readonly problems: readonly Problem[]; readonly notes: readonly string[] }> {
  const to = reader(tree, []);
  const found = new Map<string, Promise<string | undefined>>();
  const keys = new Map<string, string>();
  for (const node of inventory.nodes) {
    for (const { file, key, index, kind } of filesOf(node)) {
      if (!found.has(file)) found.set(file, fileProblem(file, kind));
      const problem = await found.get(file);
      if (problem !== undefined) to.complain(placeOf(node.name, key, index, to), "value", problem);
    }
    const { keyFile } = node.engineSettings;
    if (keyFile === undefined || (await found.get(keyFile)) !== undefined) continue;
    const result = await readSecretFile(keyFile);
    if ("text" in result) keys.set(node.name, result.text);
    else to.complain(placeOf(node.name, keyFileKey, 0, to), "value", result.problem);
  }
  const notes = new Set<string>();
  for (const { node, kind, text } of judgeKeys(keys)) {
    const place = placeOf(node, keyFileKey, 0, to);
    if (kind === "problem") to.complain(place, "value", text);
    else notes.add(`${place.join(".")}: ${text}`);
  }
  return { problems: to.problems, notes: [...notes] };
}

/** The first line of a file that holds a secret, or what is wrong with the file: not there, not a file, open to others. */
export async function readSecretFile(
  path: string,
): Promise<{ readonly text: string } | { readonly problem: string }> {
  const problem = await fileProblem(path, "secret");
  if (problem !== undefined) return { problem };
  try {
    return { text: (await readFile(path, "utf8")).split(/\r?\n/, 1)[0] ?? "" };
  } catch (error) {
    return { problem: `cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

const keyFileKey = ["engine", "key_file"];

interface NamedFile {
  readonly file: string;
  readonly key: readonly string[];
  readonly index: number;
  readonly kind: "secret" | "program";
}

function filesOf({ identityFiles, sudoPasswordFile, engineSettings }: Node): NamedFile[] {
  const one = (file: string | undefined, key: readonly string[], kind: NamedFile["kind"]): NamedFile[] =>
    file === undefined ? [] : [{ file, key, index: 0, kind }];
  return [
    ...identityFiles.map((file, index) => ({ file, key: ["identity"], index, kind: "secret" as const })),
    ...one(sudoPasswordFile, ["sudo_password_file"], "secret"),
    ...one(engineSettings.binary, ["engine", "binary"], "program"),
    ...one(engineSettings.keyFile, keyFileKey, "secret"),
  ];
}

function placeOf(node: string, key: readonly string[], index: number, { tree }: Reader): Path {
  const own = ["nodes", node, ...key];
  const base = tree.has(own) ? own : ["defaults", ...key];
  return tree.has([...base, index]) ? [...base, index] : base;
}

async function fileProblem(path: string, kind: NamedFile["kind"]): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return "is not a file";
    // Windows has no such modes: stat answers 0666 for every file there.
    if (kind === "secret" && process.platform !== "win32" && (found.mode & 0o077) !== 0) {
      const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
      return `is open to others (mode ${mode}); chmod 600 closes it`;
    }
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR"
      ? "there is no such file"
      : `cannot be looked at (${code})`;
  }
}
