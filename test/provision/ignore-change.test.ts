import { describe, expect, test } from "vitest";
import type { EngineKind, Inventory, Node } from "../../src/inventory/inventory.ts";
import { guardIgnoreChange, ignoreChanges } from "../../src/provision/ignore-change.ts";
import { sumOf, type Found, type Inspection } from "../../src/provision/inspection.ts";
import type { Entry } from "../../src/tree/entry.ts";
import type { Scan } from "../../src/tree/scan.ts";
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

describe("what the new rules hide", () => {
  const holds = [entry("2019/a.jpg"), entry("2019/Thumbs.db")];

  test.each([
    ["a file that is there", "", /hide 1 files and folders .*Thumbs\.db/],
    ["a file, behind one that is included", "#include family.txt\n", /hide 1 files/],
  ])("is refused: %s", async (_, own, refusal) => {
    await expect(guarded(own, holds)).rejects.toThrow(refusal);
  });

  test.each([
    ["alone", ""],
    ["behind a file that is included above our part", "#include family.txt\n"],
  ])("is allowed where it is nothing of what is there: %s", async (_, own) => {
    await expect(guarded(own, [entry("2019/a.jpg")])).resolves.toBeUndefined();
  });

  test("is doubtful behind an instruction of 2.x", async () => {
    await expect(guarded("#escape=|\n", [entry("a")])).rejects.toThrow(/nobody can tell .*#escape/);
  });

  test("is doubtful where an included file stands below our part", async () => {
    const [first] = changes("syncthing", {});
    const below = (first?.file.text ?? "").replace("Thumbs.db\n", "") + "#include family.txt\n";
    await expect(guarded(below, [])).rejects.toThrow(/because of #include family\.txt/);
  });
});

async function guarded(own: string, entries: readonly Entry[]): Promise<void> {
  const [change] = changes("syncthing", own === "" ? {} : { ".stignore": text(own) });
  if (change === undefined) throw new Error("nothing is to change");
  return guardIgnoreChange({ ...mom, engine: "syncthing" }, change, listing(entries));
}

function entry(path: string): Entry {
  return { path: Buffer.from(path), kind: "file", size: 1, mtime: 1 };
}

function listing(entries: readonly Entry[]): Scan {
  return {
    progress: { entries: 0, inFlight: 0 },
    async *[Symbol.asyncIterator]() {
      yield entries;
    },
  };
}

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
