import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { makeFilter } from "../../src/tree/filter.ts";
import { hashLaptop } from "../../src/tree/hash-laptop.ts";
import { hashNode } from "../../src/tree/hash-node.ts";
import type { NodeTree } from "../../src/tree/node-walk.ts";
import { temporaryFolder } from "../support/folder.ts";
import { listers, type ListerUnderTest } from "../support/listers.ts";
import type { LocalOptions } from "../support/local-connection.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const [gnu, , busybox] = listers() as [ListerUnderTest, ListerUnderTest, ListerUnderTest];
const names = [
  "a",
  " b ",
  "-c",
  "new\nline",
  "back\\slash",
  "cr\r",
  "é",
  "bad\xff",
  "\x01",
  "'$(id)'",
  "sub/d",
];

function treeOf(lister: ListerUnderTest, tree: string, local: LocalOptions = {}): NodeTree {
  return {
    connection: lister.connection(local),
    tree,
    mount: undefined,
    filter: makeFilter(),
    tools: async () => lister.tools,
  };
}

function fill(tree: string) {
  mkdirSync(join(tree, "sub"));
  return names.map((name) => {
    const path = Buffer.from(name, "latin1");
    const content = `content of ${name}`;
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), path]), content);
    return {
      path,
      size: Buffer.byteLength(content),
      hash: createHash("sha256").update(content).digest("hex"),
    };
  });
}

describe.each([gnu, busybox])("on a node with the tools of $name", (lister) => {
  test("files of any name are hashed in order, and the bytes are told", async () => {
    const tree = temporaryFolder();
    const files = fill(tree);
    let bytes = 0;
    const hashes = await hashNode(treeOf(lister, tree))(files, (size) => (bytes += size));
    expect(hashes).toEqual(files.map(({ hash }) => hash));
    expect(bytes).toBe(files.reduce((sum, { size }) => sum + size, 0));
  });

  test("what cannot be read has no hash, and costs the others nothing", async () => {
    const tree = temporaryFolder();
    chmodSync(tree, 0o755);
    const files = fill(tree);
    for (const name of ["a", "new\nline"]) chmodSync(join(tree, name), 0);
    const hashes = await hashNode(treeOf(lister, tree, { user: "65534" }))(
      [...files, { path: Buffer.from("gone"), size: 1 }],
      () => {},
    );
    expect(hashes.map((hash) => typeof hash)).toEqual(
      [...names, "gone"].map((name) => (["a", "new\nline", "gone"].includes(name) ? "object" : "string")),
    );
  });

  test("a disk that has left is refused", async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, "proc/self"), { recursive: true });
    writeFileSync(join(root, "proc/self/mounts"), "");
    mkdirSync(join(root, "disk/tree"), { recursive: true });
    const from = { ...treeOf(lister, "/disk/tree", { root }), mount: "/disk" };
    await expect(hashNode(from)([{ path: Buffer.from("a"), size: 1 }], () => {})).rejects.toMatchObject({
      code: "E-DISK-NOT-MOUNTED",
    });
  });
});

test("the laptop hashes its own, partitions included, and never through a symlink", async () => {
  const tree = temporaryFolder();
  const dat = temporaryFolder();
  const files = fill(tree);
  writeFileSync(join(dat, "x"), "content of a");
  const hash = hashLaptop({ tree, folders: { dat }, signal: new AbortController().signal });
  const hashes = await hash(
    [
      ...files,
      { path: Buffer.from("dat/x"), size: "content of a".length },
      { path: Buffer.from("none"), size: 1 },
    ],
    () => {},
  );
  expect(hashes).toEqual([...files.map((file) => file.hash), files[0]?.hash, { failed: "ENOENT" }]);
});

test("of a file that is longer or shorter by now the laptop gives no hash", async () => {
  const tree = temporaryFolder();
  writeFileSync(join(tree, "a"), "12345");
  const hash = hashLaptop({ tree, folders: {}, signal: new AbortController().signal });
  const path = Buffer.from("a");
  const changed = { failed: "it changed while it was read" };
  expect(
    await hash(
      [
        { path, size: 4 },
        { path, size: 6 },
      ],
      () => {},
    ),
  ).toEqual([changed, changed]);
});
