import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { lacking } from "./items.ts";
import { foldersOf, hear, look, sharing, type Family, type Folder, type Member } from "./member.ts";

/**
 * Brings those of these names what their folders lack and somebody who is connected has; answers how many items came. What is
 * replaced goes to `.stversions`. Unlike the real one it deletes nothing and makes no conflict copies.
 */
export function exchange(family: Family, names: readonly string[]): number {
  let brought = 0;
  for (const name of names) {
    const member = [...family].find((each) => each.name === name);
    for (const folder of member === undefined ? [] : foldersOf(member)) {
      brought += bring(member as Member, folder, family);
    }
  }
  return brought;
}

function bring(member: Member, folder: Folder, family: Family): number {
  const own = folder.paused ? "paused" : look(member, folder);
  if (typeof own === "string") return 0;
  const sources = sharing(member, folder, family).flatMap((other) => {
    const items = look(other.member, other.folder);
    return typeof items === "string" ? [] : [{ place: other.folder.place, items }];
  });
  let brought = 0;
  // A folder comes before what lies in it
  for (const [path, item] of [...lacking(own, hear(member, folder, own, family))].toSorted(byPath)) {
    const source = sources.find(({ items }) => {
      const there = items.get(path);
      return there?.kind === item.kind && there.time === item.time && there.bytes === item.bytes;
    });
    const there = own.get(path);
    if (source === undefined || (there !== undefined && there.kind !== "file")) continue;
    const from = join(source.place, path);
    if (item.kind === "folder") mkdirSync(join(folder.place, path), { recursive: true });
    else if (item.kind === "symlink") symlinkSync(readlinkSync(from), join(folder.place, path));
    else put(folder.place, path, from, item.time);
    brought += 1;
  }
  return brought;
}

/** Whole or not at all: under a temporary name first. */
function put(folder: string, path: string, from: string, time: number): void {
  const to = join(folder, path);
  const temporary = join(dirname(to), `.syncthing.${basename(to)}.tmp`);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, temporary);
  utimesSync(temporary, time, time);
  if (existsSync(to)) {
    const version = join(folder, ".stversions", path);
    mkdirSync(dirname(version), { recursive: true });
    renameSync(to, version);
  }
  renameSync(temporary, to);
}

function byPath([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
