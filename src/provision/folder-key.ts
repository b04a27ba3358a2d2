import { PimeshError } from "../core/error.ts";
import { parseFolderKey, type FolderKey } from "../engine/folder-key.ts";
import type { Node } from "../inventory/inventory.ts";
import { readSecretFile } from "../inventory/named-files.ts";

/** The key by which a node's btsync or Resilio knows the folder. Throws E-INVENTORY, which never holds a part of it. */
export async function readFolderKey(node: Pick<Node, "name" | "engineSettings">): Promise<FolderKey> {
  const { keyFile } = node.engineSettings;
  if (keyFile === undefined) {
    throw new PimeshError(
      "E-INVENTORY",
      "its engine needs a key for the folder, and no file with one is named",
      {
        node: node.name,
        hint: "give it engine: { key_file: ~/.config/pimesh/folder-key } in the inventory",
      },
    );
  }
  const file = await readSecretFile(keyFile);
  const result = "problem" in file ? file : parseFolderKey(file.text);
  if ("key" in result) return result.key;
  throw new PimeshError("E-INVENTORY", `${keyFile}: ${result.problem}`, {
    node: node.name,
    hint: "pimesh check",
  });
}
