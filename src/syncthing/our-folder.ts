import type { Node } from "../inventory/inventory.ts";

/** The one folder that the family shares: the same at every home. */
export const ourFolder = { id: "pimesh", label: "pimesh" } as const;

/** Home of our own Syncthing on a node: on the disk, so that no disk means no database, and beside the tree. */
export function syncthingHome(node: Node): string {
  return `${node.disk.mount}/.pimesh/syncthing`;
}

/** Relative to the tree; of the disk, so that an empty or foreign one stops the folder instead of deleting at the others. */
export function markerOf(uuid: string): string {
  return `.stfolder/pimesh-${uuid}`;
}
