import { describe, expect, test } from "vitest";
import type { EngineKind, Inventory, Node } from "../../src/inventory/inventory.ts";
import { ignoreChanges } from "../../src/provision/ignore-change.ts";
import { sumOf, type Found, type Inspection } from "../../src/provision/inspection.ts";
import { mom } from "../facts/mom.ts";

const inventory: Inventory = {
  path: "/pimesh.yaml",
  laptop: { tree: "/tree", folders: {} },
  nodes: [],
  ignore: ["Thumbs.db"],
  peers: {},
};
const tree = "/media/btsync/btsync";
const folder: Found = { kind: "folder", mode: "755", owner: "1000:1000" };

describe("the file of rules", () => {
  test.each([
    ["syncthing", {}, [".stignore"]],
    ["resilio", {}, [".sync/IgnoreList"]],
    ["btsync", {}, [".SyncIgnore"]],
    // An upgraded folder may hold both layouts, and both kinds of versions may have been there
    ["btsync", { ".sync": folder }, [".SyncIgnore", ".sync/IgnoreList"]],
    ["resilio", { ".sync": folder, ".SyncIgnore": text("x\n") }, [".sync/IgnoreList"]],
  ] as const)("of %s on a disk with %j", (engine, there, expected) => {
    expect(changes(engine, there).map(({ file }) => file.path)).toEqual(
      expected.map((name) => `${tree}/${name}`),
    );
  });

  test("is none without an engine", () => {
    expect(ignoreChanges({ ...mom, engine: false }, inventory, "1:1", inspection({}))).toEqual([]);
  });
});

test("the rules that a later version has brought stay, byte order mark and all, with ours behind them", () => {
  const before = "\ufeff# IgnoreList is a UTF-8 encoded .txt file\n*.tmp\n";
  const [, later] = changes("btsync", { ".sync": folder, ".sync/IgnoreList": text(before) });
  expect(later?.file.text?.startsWith(before)).toBe(true);
  expect(later?.file.text).toContain("\nThumbs.db\n# pimesh: end\n");
  expect(later?.file).toMatchObject({ mode: "640", owner: "1000:1000" });
  const again = changes("btsync", { ".sync": folder, ".sync/IgnoreList": text(later?.file.text ?? "") });
  expect(again[1]?.changed).toBe(false);
});

function changes(engine: EngineKind, there: Readonly<Record<string, Found>>) {
  const node: Node = { ...mom, engine };
  return ignoreChanges(node, inventory, "1000:1000", inspection(there));
}

function text(content: string): Found {
  const bytes = Buffer.from(content);
  return { kind: "file", mode: "640", owner: "1000:1000", bytes, sum: sumOf(bytes) };
}

function inspection(there: Readonly<Record<string, Found>>): Inspection {
  const files = new Map(Object.entries(there).map(([name, found]) => [`${tree}/${name}`, found]));
  return { files } as Partial<Inspection> as Inspection;
}
