import type { Laptop } from "../inventory/inventory.ts";

export interface LaptopPlace {
  readonly path: Buffer;
  /** The tree itself, or a folder that stands in it from elsewhere: neither can be moved. */
  readonly isTop: boolean;
}

/** Where a path of the tree lies on the laptop. */
export function onLaptop(path: Buffer, { tree, folders }: Laptop): LaptopPlace {
  const slash = path.indexOf("/");
  const first = slash < 0 ? path : path.subarray(0, slash);
  const elsewhere = Object.entries(folders).find(([name]) => first.equals(Buffer.from(name)));
  if (elsewhere === undefined) return { path: joined(Buffer.from(tree), path), isTop: path.length === 0 };
  return {
    path: slash < 0 ? Buffer.from(elsewhere[1]) : joined(Buffer.from(elsewhere[1]), path.subarray(slash + 1)),
    isTop: slash < 0,
  };
}

export function joined(folder: Buffer, path: Buffer): Buffer {
  return path.length === 0 ? folder : Buffer.concat([folder, Buffer.from("/"), path]);
}
