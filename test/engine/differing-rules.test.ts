import { describe, expect, test } from "vitest";
import { differingRules, type DifferingRules } from "../../src/engine/differing-rules.ts";
import { ignoreLines } from "../../src/engine/ignore-file.ts";
import type { EngineKind } from "../../src/inventory/inventory.ts";

describe.each<EngineKind>(["syncthing", "resilio", "btsync"])("the rules of %s at a home", (kind) => {
  const patterns = ["Thumbs.db", "/cache"];
  const own = ignoreLines(kind, patterns);

  test.each<[string, readonly string[], DifferingRules | undefined]>([
    ["are the inventory's", own, undefined],
    ["are the same in another order", own.toReversed(), undefined],
    ["are the same, one of them twice", [...own, "Thumbs.db"], undefined],
    ["have one of their own", ["*.iso", ...own], { more: ["*.iso"], missing: [] }],
    ["lack one", own.filter((line) => line !== "Thumbs.db"), { more: [], missing: ["Thumbs.db"] }],
    ["are none at all", [], { more: [], missing: own }],
    [
      "take one back",
      ["!Thumbs.db", ...own.filter((line) => line !== "/cache")],
      { more: ["!Thumbs.db"], missing: ["/cache"] },
    ],
  ])("%s", (_, lines, expected) => {
    expect(differingRules(kind, [lines], patterns)).toEqual(expected);
  });

  test("are none where there is no file", () => {
    expect(differingRules(kind, [], patterns)).toEqual({ more: [], missing: own });
  });

  test("lack what one of two files lacks, for that one may be read", () => {
    expect(differingRules(kind, [own, ["*.iso"]], patterns)).toEqual({ more: ["*.iso"], missing: own });
    expect(differingRules(kind, [own, own.toReversed()], patterns)).toBeUndefined();
  });
});
