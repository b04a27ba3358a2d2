import type { Node } from "../inventory/inventory.ts";
import type { DesiredFile, DesiredFolder } from "./desired.ts";

export function identityPath(node: Node): string {
  return `${node.disk.mount}/.pimesh/identity`;
}

/** The disk says whose it is: what the guard on the node reads before the engine may start. */
export function desiredIdentity(
  node: Node,
  uuid: string,
): { folders: DesiredFolder[]; files: DesiredFile[] } {
  return {
    folders: [
      {
        resource: "identity",
        path: `${node.disk.mount}/.pimesh`,
        mode: "755",
        owner: "0:0",
        why: "identity and index lie on the disk, outside the synced tree",
      },
    ],
    files: [
      {
        resource: "identity",
        path: identityPath(node),
        text: `# written by pimesh: this disk belongs to this node\nuuid=${uuid}\nnode=${node.name}\n`,
        mode: "644",
        owner: "0:0",
        why: "a disk with the same label or a copied UUID is told apart by it",
      },
    ],
  };
}
