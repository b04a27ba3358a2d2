import { mkdirSync, symlinkSync, lutimesSync, utimesSync, writeFileSync } from "node:fs";
import fc from "fast-check";

/** Something to put into a folder, its path in latin1, one character a byte. */
export type Planned =
  | { readonly path: string; readonly kind: "file"; readonly size: number; readonly mtime: number }
  | { readonly path: string; readonly kind: "folder" }
  | { readonly path: string; readonly kind: "symlink"; readonly target: string };

/** Names that have broken file tools, and what has a meaning for us. */
export const oddNames: readonly string[] = [
  " ",
  "a b",
  "a-b",
  "a",
  "a.b",
  "a\nb",
  "\n",
  "tab\there",
  "-rf",
  "--",
  "'",
  '"',
  "$(id)",
  "`id`",
  "*",
  "?",
  "[a]",
  "a\\nb",
  "\\",
  "\x01",
  "a\x01b",
  "a\x01",
  "\x7f",
  "\xff\xfe",
  "\xc3",
  latin1("é"),
  latin1("e\u0301"),
  latin1("😀"),
  "x".repeat(255),
  ".hidden",
  "#snapshot",
  "~",
  "Photo.JPG",
  "photo.jpg",
];

export const meaningfulNames: readonly string[] = [
  ".stfolder",
  ".stversions",
  ".stfolder.removed-20260101-000000",
  ".sync",
  ".SyncID",
  "a.!sync",
  "b.!Sync",
  "c.bts",
  "d.RSLS",
  ".syncthing.x.tmp",
  ".syncthing.old.bts",
  "~syncthing~y.tmp",
  "e.SyncPart",
  "f.sync-conflict-20260101-010101-ABCDEFG.txt",
  "Thumbs.db",
  "thumbs.db",
  "cache",
  "note.tmp",
  "x.part",
];

/** Trees of a few folders deep; folders and files only where nothing else of the name is. */
export function trees(
  names: readonly string[] = [...oddNames, ...meaningfulNames],
  most = 25,
): fc.Arbitrary<Planned[]> {
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names) },
    {
      weight: 1,
      arbitrary: fc
        .uint8Array({ minLength: 1, maxLength: 6 })
        .map((bytes) => Buffer.from(bytes).toString("latin1").replaceAll(/[\0/]/g, "_"))
        .filter((text) => text !== "." && text !== ".."),
    },
  );
  const entry = fc.record({
    names: fc.array(name, { minLength: 1, maxLength: 3 }),
    kind: fc.constantFrom("file" as const, "file" as const, "folder" as const, "symlink" as const),
    size: fc.constantFrom(0, 1, 10, 4097),
    mtime: fc.constantFrom(0, -1.5, 1.999999999, 1_700_000_000.25, 1_700_000_001, 4_000_000_000.5),
    target: name,
  });
  return fc.array(entry, { maxLength: most, size: "max" }).map((entries) => {
    const planned = new Map<string, Planned>();
    for (const { names: components, kind, size, mtime, target } of entries) {
      const parents = components.slice(0, -1).map((_, index) => components.slice(0, index + 1).join("/"));
      if (parents.some((parent) => (planned.get(parent)?.kind ?? "folder") !== "folder")) continue;
      const path = components.join("/");
      if (planned.has(path)) continue;
      for (const parent of parents) planned.set(parent, { path: parent, kind: "folder" });
      if (kind === "file") planned.set(path, { path, kind, size, mtime });
      else if (kind === "folder") planned.set(path, { path, kind });
      else planned.set(path, { path, kind, target });
    }
    return [...planned.values()].toSorted((left, right) => (left.path < right.path ? -1 : 1));
  });
}

export function plant(folder: string, planned: readonly Planned[]): void {
  const at = (path: string): Buffer =>
    Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);
  for (const one of planned) {
    if (one.kind === "folder") mkdirSync(at(one.path), { recursive: true });
    else if (one.kind === "symlink") {
      symlinkSync(Buffer.from(one.target, "latin1"), at(one.path));
      lutimesSync(at(one.path), 1_000_000, 1_000_000);
    } else {
      writeFileSync(at(one.path), Buffer.alloc(one.size, one.path));
      utimesSync(at(one.path), one.mtime, one.mtime);
    }
  }
}

function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
