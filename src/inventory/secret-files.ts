import { stat } from "node:fs/promises";
import type { Inventory } from "./inventory.ts";
import { reader, type Reader } from "./read-mapping.ts";
import type { Path, Problem } from "./problem.ts";

/**
 * What is wrong with the key and password files that the inventory names: not there, not a file, or readable by others.
 * OpenSSH refuses such a key as well (ssh(1), "FILES": it must not be accessible by others).
 */
export async function secretFileProblems(
  inventory: Inventory,
  { tree }: Reader,
): Promise<readonly Problem[]> {
  const to = reader(tree, []);
  const found = new Map<string, string | undefined>();
  for (const node of inventory.nodes) {
    const named = [
      ...node.identityFiles.map((file, index) => ({ file, key: "identity", index })),
      ...(node.sudoPasswordFile === undefined
        ? []
        : [{ file: node.sudoPasswordFile, key: "sudo_password_file", index: 0 }]),
    ];
    for (const { file, key, index } of named) {
      if (!found.has(file)) found.set(file, await fileProblem(file));
      const problem = found.get(file);
      if (problem !== undefined) to.complain(placeOf(node.name, key, index, to), "value", problem);
    }
  }
  return to.problems;
}

function placeOf(node: string, key: string, index: number, { tree }: Reader): Path {
  const base = tree.has(["nodes", node, key]) ? ["nodes", node, key] : ["defaults", key];
  return tree.has([...base, index]) ? [...base, index] : base;
}

async function fileProblem(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return "is not a file";
    // Windows has no such modes: stat answers 0666 for every file there.
    if (process.platform !== "win32" && (found.mode & 0o077) !== 0) {
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
