import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Scanned } from "../../src/tree/entry.ts";
import { byPath } from "../../src/tree/order.ts";
import { findProjects, type Project } from "../../src/tree/projects.ts";
import { scanOf } from "../../src/tree/scan.ts";

/** A tree of files by path and size, with the folders that they need. */
function tree(files: Readonly<Record<string, number>>, more: readonly Scanned[] = []): Scanned[] {
  const folders = new Set<string>();
  for (const path of Object.keys(files)) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) folders.add(path.slice(0, at));
  }
  return [
    ...[...folders].filter((path) => !(path in files)).map((path) => of(path, "folder", 0)),
    ...Object.entries(files).map(([path, size]) => of(path, "file", size)),
    ...more,
  ].toSorted(byPath);
}

function of(path: string, kind: "file" | "folder", size: number): Scanned {
  return { path: Buffer.from(path, "latin1"), kind, size, mtime: 0 };
}

/** So many files of a size. */
function many(folder: string, count: number, size: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}/${index}`, size]));
}

const repository = { HEAD: 20, config: 90, "objects/ab/cdef": 700, "refs/heads/main": 41 };

function below(folder: string, files: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(files).map(([path, size]) => [`${folder}/${path}`, size]));
}

async function found(entries: readonly Scanned[]): Promise<readonly Project[]> {
  return (await findProjects(scanOf(entries), () => false)).found;
}

/** `kind path` of each. */
async function told(entries: readonly Scanned[]): Promise<string[]> {
  return (await found(entries)).map(({ kind, path }) => `${kind} ${path.toString("latin1")}`);
}

describe("git", () => {
  test("a work tree is the folder that holds .git, with all its files and those of its history", async () => {
    const files = {
      ...below("src/app/.git", repository),
      "src/app/main.c": 5,
      "src/app-2/x": 1,
      "src/app/z/y": 4,
    };
    expect(await found(tree(files))).toEqual([
      {
        kind: "work-tree",
        path: Buffer.from("src/app"),
        files: 6,
        bytes: 860,
        history: { files: 4, bytes: 851 },
      },
    ]);
  });

  test("a bare repository is known by HEAD, objects and refs, whatever it is called", async () => {
    expect(await told(tree({ ...below("backup/x.git", repository), "backup/y.git/HEAD": 1 }))).toEqual([
      "bare-repository backup/x.git",
    ]);
  });

  test("the marks have to be of the right kind, and beside each other", async () => {
    expect(await told(tree({ "a/HEAD": 1, "a/objects": 1, "a/refs": 1 }))).toEqual([]);
    expect(await told(tree({ "a/HEAD": 1, "a/x/objects/1": 1, "a/refs/1": 1 }))).toEqual([]);
    expect(await told(tree({ "a/HEAD/x": 1, "a/objects/1": 1, "a/refs/1": 1 }))).toEqual([]);
  });

  test("a file or a link called .git is a link to a repository elsewhere", async () => {
    const link: Scanned = {
      path: Buffer.from("b/.git"),
      kind: "symlink",
      size: 0,
      mtime: 0,
      target: Buffer.from("x"),
    };
    expect(await told(tree({ "a/sub/.git": 30, "a/sub/x": 1 }, [link]))).toEqual([
      "linked-work-tree a/sub",
      "linked-work-tree b",
    ]);
  });

  test("what lies in a .git is its own matter, another repository in the work tree is not", async () => {
    const files = {
      ...below("a/.git", { ...repository, ...below("modules/sub", repository) }),
      ...below("a/inner/.git", repository),
      "a/sub/.git": 30,
    };
    expect(await told(tree(files))).toEqual(["work-tree a", "work-tree a/inner", "linked-work-tree a/sub"]);
  });

  test("the tree itself may be one", async () => {
    expect(await told(tree(below(".git", repository)))).toEqual(["work-tree "]);
    expect(await told(tree(repository))).toEqual(["bare-repository "]);
  });

  test("an empty .git is none, .gitignore and .github are none", async () => {
    const empty: Scanned = { path: Buffer.from("a/.git"), kind: "folder", size: 0, mtime: 0 };
    expect(await told(tree({ "a/.gitignore": 1, "a/.github/x": 1 }, [empty]))).toEqual([]);
  });
});

describe("small files", () => {
  test("two thousand of them are told, one fewer or large ones are not", async () => {
    expect(await found(tree(many("mail", 2000, 100)))).toEqual([
      { kind: "tiny-files", path: Buffer.from("mail"), files: 2000, bytes: 200_000 },
    ]);
    expect(await told(tree(many("mail", 1999, 100)))).toEqual([]);
    expect(await told(tree(many("photos", 5000, 3_000_000)))).toEqual([]);
  });

  test("a folder stands for the many in it that hold some each", async () => {
    const packages = Array.from({ length: 30 }, (_, index) => many(`web/node_modules/p${index}`, 100, 900));
    const files = Object.assign({}, ...packages, { "web/app.ts": 1, "movies/film.mkv": 4e9 });
    expect(await told(tree(files))).toEqual(["tiny-files web/node_modules"]);
  });

  test("a folder that holds most of its parent's is told in its place", async () => {
    const files = { ...many("docs/mail/inbox", 9000, 900), ...many("docs/letters", 100, 900) };
    expect(await told(tree(files))).toEqual(["tiny-files docs/mail/inbox"]);
    const spread = {
      ...many("docs/a", 3000, 900),
      ...many("docs/b", 3000, 900),
      ...many("docs/c", 500, 900),
    };
    expect(await told(tree(spread))).toEqual(["tiny-files docs/a", "tiny-files docs/b"]);
  });

  test("of the tree itself only the files directly in it are told, so that folders keep their names", async () => {
    const files = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`f${index}`, 1]));
    expect(await told(tree({ ...files, ...many("a", 2000, 1) }))).toEqual(["tiny-files ", "tiny-files a"]);
    expect(await told(tree({ ...many("a", 1500, 1), ...many("b", 1500, 1) }))).toEqual([]);
  });

  test("those in a repository go with it", async () => {
    const files = {
      ...below("app/.git", repository),
      ...many("app/node_modules", 5000, 10),
      ...many("app2", 10, 1),
    };
    expect(await told(tree(files))).toEqual(["work-tree app"]);
  });
});

test("what the tree's own rules hide is not there; what could not be read is told", async () => {
  const files = { ...below("a/.git", repository), ...below("b/.git", repository) };
  const closed: Scanned = { path: Buffer.from("c"), kind: "unreadable", reason: "permission denied" };
  const late: Scanned = { path: Buffer.from("d"), kind: "unreadable", reason: "gone" };
  const scan = { ...scanOf(tree(files, [closed])), late: () => [late] };
  const { found: left, total, unreadable } = await findProjects(scan, (path) => path.startsWith("a/.git"));
  expect(left.map(({ path }) => path.toString())).toEqual(["b"]);
  expect(total).toEqual({ files: 4, bytes: 851 });
  expect(unreadable).toEqual([closed, late]);
});

test("every work tree of a random tree is found, and no other, whatever stands beside it", async () => {
  const name = fc.constantFrom("a", "a-b", "a.", "b", "HEAD", "objects", "refs", "\xff", "a b");
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
  await fc.assert(
    fc.asyncProperty(
      fc.array(path, { maxLength: 12 }),
      fc.array(path, { maxLength: 3 }),
      async (plain, works) => {
        const files: Record<string, number> = {};
        for (const one of [...plain, ...works.map((work) => `${work}/.git/config`)]) {
          const clashes = Object.keys(files).some(
            (other) => other.startsWith(`${one}/`) || one.startsWith(`${other}/`),
          );
          if (!clashes) files[one] = 1;
        }
        const expected = Object.keys(files)
          .filter((one) => one.endsWith("/.git/config"))
          .map((one) => one.slice(0, -"/.git/config".length));
        const all = await found(tree(files));
        const inBare = all
          .filter(({ kind }) => kind === "bare-repository")
          .map((one) => `${one.path.toString("latin1")}/`);
        const roots = all
          .filter(({ kind }) => kind === "work-tree")
          .map((one) => one.path.toString("latin1"));
        const free = expected.filter(
          (one) => !inBare.some((bare) => `${one}/`.startsWith(bare) || bare === "/"),
        );
        expect(roots.toSorted()).toEqual([...new Set(free)].toSorted());
      },
    ),
    { numRuns: 500 },
  );
});
