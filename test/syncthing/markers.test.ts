import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeLaptopMarker } from "../../src/syncthing/laptop-marker.ts";
import { makeNodeMarker } from "../../src/syncthing/node-marker.ts";
import { requires } from "../support/requires.ts";
import { localConnection } from "../support/local-connection.ts";

const marker = ".stfolder/pimesh-1234-abcd";

describe.each([
  { where: "laptop", make: async (tree: string) => makeLaptopMarker({ tree, marker }) },
  {
    where: "node",
    make: async (tree: string) => makeNodeMarker(localConnection({ node: "mom" }), { tree, marker }),
  },
  ...(requires("busybox")
    ? [
        {
          where: "node with busybox",
          make: async (tree: string) =>
            makeNodeMarker(localConnection({ node: "mom", shell: ["busybox", "ash"] }), { tree, marker }),
        },
      ]
    : []),
])("on the $where", ({ make }) => {
  test("the marker is made, and made again without a change", async () => {
    const tree = treeWith({ "a b/photo.jpg": "x" });
    await make(tree);
    await make(tree);
    expect(readdirSync(join(tree, ".stfolder"))).toEqual(["pimesh-1234-abcd"]);
    expect(readdirSync(tree).toSorted()).toEqual([".stfolder", "a b"]);
  });

  test("it belongs to whom the tree belongs", async () => {
    const tree = treeWith({});
    await make(tree);
    expect(statSync(join(tree, marker)).uid).toBe(statSync(tree).uid);
    expect(statSync(join(tree, marker)).mode & 0o777).toBe(0o644);
  });

  test("the marker of another disk goes, Syncthing's own file in the folder stays", async () => {
    const tree = treeWith({ ".stfolder/pimesh-other": "", ".stfolder/syncthing-folder-012345.txt": "" });
    await make(tree);
    expect(readdirSync(join(tree, ".stfolder")).toSorted()).toEqual([
      "pimesh-1234-abcd",
      "syncthing-folder-012345.txt",
    ]);
  });

  test("what Syncthing left of earlier markers goes, but nothing that a person has put there", async () => {
    const tree = treeWith({
      ".stfolder.removed-20261129-094458/pimesh-1234-abcd": "",
      ".stfolder.removed-20261129-094458/syncthing-folder-0af.txt": "",
      ".stfolder.removed-20261128-000000/photo.jpg": "x",
    });
    await make(tree);
    expect(existsSync(join(tree, ".stfolder.removed-20261129-094458"))).toBe(false);
    expect(readdirSync(join(tree, ".stfolder.removed-20261128-000000"))).toEqual(["photo.jpg"]);
  });

  test("without a tree nothing is made", async () => {
    const tree = join(treeWith({}), "none");
    await expect(make(tree)).rejects.toMatchObject({ code: "E-TREE-ABSENT" });
    expect(existsSync(tree)).toBe(false);
  });

  test("a file in the marker folder's place is an error", async () => {
    const tree = treeWith({ ".stfolder": "" });
    await expect(make(tree)).rejects.toMatchObject({ code: "E-COMMAND-FAILED" });
  });
});

test("root makes no marker at the end of a link", async () => {
  const tree = treeWith({});
  const elsewhere = treeWith({});
  symlinkSync(elsewhere, join(tree, ".stfolder"));
  const made = makeNodeMarker(localConnection({ node: "mom" }), { tree, marker });
  await expect(made).rejects.toMatchObject({ code: "E-COMMAND-FAILED" });
  expect(readdirSync(elsewhere)).toEqual([]);
});

function treeWith(files: Readonly<Record<string, string>>): string {
  const tree = mkdtempSync(join(tmpdir(), "pimesh-marker-"));
  onTestFinished(() => rmSync(tree, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  return tree;
}
