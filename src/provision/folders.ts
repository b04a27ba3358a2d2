import { treePath, type Node } from "../inventory/inventory.ts";
import type { DesiredFolder } from "./desired.ts";

/** The tree and its first folders, the user's own; one that exists stays as it is. */
export function desiredFolders(node: Node, owner: string, laptopFolders: readonly string[]): DesiredFolder[] {
  const tree = treePath(node);
  const names = new Set([...node.folders, ...laptopFolders]);
  return [...ancestors(node.disk.mount, tree), tree, ...[...names].map((name) => `${tree}/${name}`)].map(
    (path) => ({
      resource: "folders",
      path,
      mode: "755",
      owner,
      why: path === tree ? "the synced tree" : "a folder of the inventory",
    }),
  );
}

/** Folders strictly between the mount point and the tree, for a tree like `family/btsync`. */
function ancestors(mount: string, tree: string): string[] {
  const parts = tree.slice(mount.length + 1).split("/");
  return parts.slice(0, -1).map((_, index) => `${mount}/${parts.slice(0, index + 1).join("/")}`);
}
