import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compileSyncthingIgnore } from "../../../engine/syncthing-ignore.ts";

/** What lies in a folder, by path. */
export type Items = ReadonlyMap<string, Item>;

export interface Item {
  readonly kind: "file" | "folder" | "symlink";
  /** Of a file; what is no file counts 128, as Syncthing does. */
  readonly bytes: number;
  /** Of a file: whole seconds, by which the newer of two is found. */
  readonly time: number;
}

/** Reads a folder by its own `.stignore`, without what is internal to Syncthing. */
export function itemsIn(folder: string): Items {
  const items = new Map<string, Item>();
  const rules = compileSyncthingIgnore(linesOf(join(folder, ".stignore")));
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (/^\.st(?:folder|ignore|versions)(?:\/|$)/.test(path) || /^[.~]syncthing[.~]/.test(entry.name))
        continue;
      if (rules.ignores(Buffer.from(path).toString("latin1"))) continue;
      if (entry.isDirectory()) {
        items.set(path, { kind: "folder", bytes: 128, time: 0 });
        walk(path);
      } else if (entry.isSymbolicLink()) items.set(path, { kind: "symlink", bytes: 128, time: 0 });
      else if (entry.isFile()) {
        const { size, mtimeMs } = lstatSync(join(folder, path));
        items.set(path, { kind: "file", bytes: size, time: Math.floor(mtimeMs / 1000) });
      }
    }
  };
  walk("");
  return items;
}

/** The newest of each path that any of them has. */
export function newestOf(all: readonly Items[]): Items {
  const newest = new Map<string, Item>();
  for (const [path, item] of all.flatMap((items) => [...items])) {
    const there = newest.get(path);
    if (there === undefined || isNewer(item, there)) newest.set(path, item);
  }
  return newest;
}

/** What of `wanted` is not there, or there in an older version. */
export function lacking(items: Items, wanted: Items): Items {
  return new Map(
    [...wanted].filter(([path, item]) => {
      const there = items.get(path);
      return there === undefined || isNewer(item, there);
    }),
  );
}

/** Of two versions of one second the larger wins, so that every home chooses the same. */
function isNewer(item: Item, there: Item): boolean {
  return item.time > there.time || (item.time === there.time && item.bytes > there.bytes);
}

/** The fields of `GET /rest/db/status` whose names begin with `of`. */
export function counters(of: string, items: Items): Record<string, number> {
  const amount = (kind: Item["kind"]): number =>
    [...items.values()].filter((item) => item.kind === kind).length;
  return {
    [`${of}Files`]: amount("file"),
    [`${of}Directories`]: amount("folder"),
    [`${of}Symlinks`]: amount("symlink"),
    [`${of}TotalItems`]: items.size,
    [`${of}Bytes`]: bytesOf(items),
  };
}

export function bytesOf(items: Items): number {
  return [...items.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "latin1").split("\n");
  } catch {
    return [];
  }
}
