import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ignoreFile } from "../../src/facts/ignore-file.ts";
import { ask, askingShells, standingRoot } from "./ask.ts";
import { mom } from "./mom.ts";

const fact = ignoreFile({ ...mom, engine: "btsync" });
const tree = "media/btsync/btsync";

describe.each(askingShells)("the ignore files of btsync, asked in $name", ({ words }) => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[][] | number]>([
    ["there is none", {}, 127],
    ["that of 1.3 is there", { ".SyncIgnore": "# note\n*.iso" }, [["*.iso"]]],
    ["that of 1.4 is there, empty", { ".sync/IgnoreList": "" }, [[]]],
    [
      "both are there, since the disk has seen an upgrade",
      { ".SyncIgnore": "*.iso\n", ".sync/IgnoreList": "\ufeff# IgnoreList\r\n*.img\r\n" },
      [["*.iso"], ["*.img"]],
    ],
  ])("where %s", (_, files, expected) => {
    const placed = Object.entries(files).map(([path, text]) => [`${tree}/${path}`, text]);
    expect(ask(fact, standingRoot(Object.fromEntries(placed)), words)).toEqual(expected);
  });

  test("a folder that is closed to us may hold one", () => {
    const root = standingRoot({ [`${tree}/.sync/IgnoreList`]: "*.iso\n" });
    chmodSync(root, 0o755);
    chmodSync(join(root, tree, ".sync"), 0);
    // To root nothing is closed
    const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : [];
    const code = ask(fact, root, [...asNobody, ...words]);
    chmodSync(join(root, tree, ".sync"), 0o700);
    expect([0, 127]).not.toContain(code);
  });
});
