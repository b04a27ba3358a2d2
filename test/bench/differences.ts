import { below, seeded } from "./random.ts";
import { oddNames, type ShapedFile } from "./tree-shape.ts";

/** What is done to the right copy of a tree. */
export type Change =
  | { readonly kind: "removed"; readonly path: string }
  | { readonly kind: "added" | "resized" | "touched"; readonly file: ShapedFile }
  | { readonly kind: "renamed"; readonly path: string; readonly to: string };

/** How `diff` calls a difference between left and right. */
export type DifferenceKind = "only-left" | "only-right" | "differs";

/**
 * Changes that make `count` differences, a multiple of 10; a rename makes two. Of each ten two are another size, two
 * another time, two only left, two only right and two a rename. Those of a smaller count are the first ones of a larger, so
 * that a copy can be changed further and further. Throws RangeError when the tree has too few files for it.
 */
export function planChanges(files: readonly ShapedFile[], count: number, seed: number): Change[] {
  const ordinary = files.length - oddNames.length;
  if (count % 10 !== 0 || count > ordinary)
    throw new RangeError(`${count} differences in ${files.length} files`);
  const random = seeded(seed);
  const used = new Set<number>();
  const next = (): ShapedFile => {
    for (;;) {
      const index = oddNames.length + below(random, ordinary);
      if (used.has(index)) continue;
      used.add(index);
      return files[index] as ShapedFile;
    }
  };
  const changes: Change[] = [];
  for (let made = 0; made < count; made += 10) {
    for (const kind of cycle) changes.push(change(kind, next()));
  }
  return changes;
}

const cycle = [
  "renamed",
  "resized",
  "touched",
  "added",
  "removed",
  "resized",
  "touched",
  "added",
  "removed",
] as const;

function change(kind: Change["kind"], file: ShapedFile): Change {
  const { path } = file;
  if (kind === "removed") return { kind, path };
  if (kind === "renamed") return { kind, path, to: `${path} (renamed)` };
  if (kind === "added") return { kind, file: { ...file, path: `${path} (copy)` } };
  if (kind === "resized") return { kind, file: { ...file, size: file.size + 1 } };
  return { kind, file: { ...file, mtime: file.mtime + 3600 } };
}

/** What a comparison has to find, by path. */
export function differencesOf(changes: readonly Change[]): Map<string, DifferenceKind> {
  const found = new Map<string, DifferenceKind>();
  for (const one of changes) {
    if (one.kind === "removed" || one.kind === "renamed") found.set(one.path, "only-left");
    if (one.kind === "renamed") found.set(one.to, "only-right");
    if (one.kind === "added") found.set(one.file.path, "only-right");
    if (one.kind === "resized" || one.kind === "touched") found.set(one.file.path, "differs");
  }
  return found;
}

/** How far a report of differing paths is from the truth. */
export function mistakes(
  expected: ReadonlyMap<string, unknown>,
  reported: readonly string[],
): { readonly false: number; readonly missed: number } {
  const said = new Set(reported);
  return {
    false: [...said].filter((path) => !expected.has(path)).length,
    missed: [...expected.keys()].filter((path) => !said.has(path)).length,
  };
}
