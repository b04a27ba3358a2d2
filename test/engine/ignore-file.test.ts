import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compileIgnoreFile,
  extraRules,
  ignoreLines,
  newlyIgnored,
  readIgnoreFile,
} from "../../src/engine/ignore-file.ts";
import { compileIgnore, ignoreProblem } from "../../src/engine/ignore.ts";
import type { EngineKind } from "../../src/inventory/inventory.ts";

const kinds: readonly EngineKind[] = ["syncthing", "resilio", "btsync"];

describe("the lines for an engine", () => {
  test.each([
    ["name", "name"],
    ["/name", "/name"],
    ["a/b", "/a/b"],
    ["*.part", "*.part"],
    ["[x]", String.raw`\[x\]`],
    ["{a,b}", String.raw`\{a,b\}`],
    ["!x", String.raw`\!x`],
    ["(x", String.raw`\(x`],
    ["#include", String.raw`\#include`],
    ["#snapshot", "#snapshot"],
  ])("say %j as %j to Syncthing, and as it is to the others", (pattern, line) => {
    expect(ignoreLines("syncthing", [pattern])).toContain(line);
    expect(ignoreLines("btsync", [pattern])).toContain(pattern);
    expect(ignoreLines("resilio", [pattern])).toContain(pattern);
  });

  test("say an accented name in both Unicode forms to Syncthing, which does not match one with the other", () => {
    expect(ignoreLines("syncthing", ["é"])).toEqual(expect.arrayContaining(["\u00e9", "e\u0301"]));
  });

  test("keep another engine's identity files from travelling", () => {
    expect(
      compileIgnoreFile("syncthing", text(ignoreLines("syncthing", []))).ignores(".SyncID", "other"),
    ).toBe(true);
    expect(compileIgnoreFile("btsync", text(ignoreLines("btsync", []))).ignores(".stfolder/x", "other")).toBe(
      true,
    );
  });

  test("mean to every engine what the inventory means", () => {
    const name = fc.stringMatching(/^[ab*?[\]{}!(#,é]{1,4}$/);
    const pattern = fc
      .oneof(
        name,
        name.map((one) => `/${one}`),
        fc.tuple(name, name).map((parts) => parts.join("/")),
      )
      .filter((one) => ignoreProblem(one) === undefined && !one.includes("?"));
    const path = fc
      .array(fc.stringMatching(/^[ab[\]{}!(#,é]{1,4}$/), { minLength: 1, maxLength: 4 })
      .map((parts) => Buffer.from(parts.join("/")).toString("latin1"));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), path, (patterns, one) => {
        const expected = compileIgnore(patterns).ignores(one, "other");
        for (const kind of kinds) {
          const rules = compileIgnoreFile(kind, text(ignoreLines(kind, patterns)));
          expect({ kind, unclear: rules.unclear }).toEqual({ kind, unclear: [] });
          expect({ kind, ignored: rules.ignores(one, "other") }).toEqual({ kind, ignored: expected });
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("an ignore file is read with its byte order mark, line ends and comments taken off", () => {
  const bytes = Buffer.from("\ufeff# note\r\n\r\n.DS_Store\r\n#snapshot\r\nMy Test\r\n");
  expect(readIgnoreFile("resilio", bytes)).toEqual([".DS_Store", "#snapshot", "My Test"]);
  expect(readIgnoreFile("syncthing", Buffer.from("// note\n  x \n#include y\n"))).toEqual([
    "x",
    "#include y",
  ]);
});

test("two ignore files one behind the other are read as one, the mark of the second taken off", () => {
  const both = Buffer.from(
    "# old\n*.iso\n\n\ufeff# IgnoreList is a UTF-8 encoded .txt file\r\n\ufeff*.img\r\n",
  );
  expect(readIgnoreFile("btsync", both)).toEqual(["*.iso", "*.img"]);
  expect(compileIgnoreFile("btsync", both).ignores("a.img", "other")).toBe(true);
});

test.each(kinds)("what is written for %s is read back", (kind) => {
  const lines = ignoreLines(kind, ["Thumbs.db", "/a", "b/c", "#snapshot"]);
  expect(readIgnoreFile(kind, text(lines))).toEqual(lines);
});

describe("the rules beyond the inventory's", () => {
  test("are none in a file that pimesh wrote", () => {
    const rules = extraRules("syncthing", text(ignoreLines("syncthing", ["*.iso"])), ["*.iso"]);
    expect(rules.ignores("a.iso", "other")).toBe(false);
  });

  test("are the lines that somebody added, exceptions included", () => {
    expect(extraRules("btsync", Buffer.from("*.iso\n*.img\n"), ["*.iso"]).ignores("a.img", "other")).toBe(
      true,
    );
    const rules = extraRules("syncthing", Buffer.from("!keep.iso\n*.iso\n"), ["*.iso"]);
    expect(rules.ignores("keep.iso", "other")).toBe(false);
    expect(rules.ignores("x.iso", "other")).toBe(true);
  });
});

test("a changed file newly ignores what the old one let through, and no more", () => {
  const before = compileIgnoreFile("syncthing", Buffer.from("*.tmp\n"));
  const change = newlyIgnored(
    before,
    compileIgnoreFile("syncthing", Buffer.from("*.tmp\n/movies\n#include x\n")),
  );
  expect(change.ignores("a.tmp", "other")).toBe(false);
  expect(change.ignores("movies/a.mkv", "other")).toBe(true);
  expect(change.ignores("photos/a.jpg", "other")).toBe(false);
  expect(change.unclear).toEqual(["#include x"]);
});

function text(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}
