import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines } from "../../src/engine/engines.ts";
import { compileIgnoreFile } from "../../src/engine/ignore-file.ts";
import { translateIgnore } from "../../src/engine/translate-ignore.ts";
import type { EngineKind } from "../../src/inventory/inventory.ts";

const kinds = Object.keys(engines) as EngineKind[];

/** The lines that one rule becomes, without those that the engine always has; or what is said of it. */
function translationOf(line: string, from: EngineKind, to: EngineKind): string {
  const { lines, problems } = translateIgnore(Buffer.from(`${line}\n`), from, to);
  const [problem] = problems;
  return problem?.message ?? lines.slice(engines[to].foreignRules.length).join("\n");
}

describe("a rule of btsync for Syncthing", () => {
  test.each([
    [".DS_Store", ".DS_Store"],
    ["*.part", "*.part"],
    ["Icon?", "Icon?"],
    ["/FOO", "/FOO"],
    ["ABC/CDE F", "/ABC/CDE F"],
    ["/ABC/CDE F", "/ABC/CDE F"],
    ["FOO2/*.pdf", "/FOO2/*.pdf"],
    ["a/b/c", "/a/b/c"],
    ["#snapshot", "#snapshot"],
    ["#include", String.raw`\#include`],
    ["!x", String.raw`\!x`],
    ["[ab]{c}", String.raw`\[ab\]\{c\}`],
    ["$RECYCLE.BIN", "$RECYCLE.BIN"],
    ["*", "*"],
    ["# a note #", "// a note #"],
    ["#", "//"],
    ["FOO/*", "ends in /*: btsync and Resilio take the files in that folder only, Syncthing its folders too"],
    ["/*", "ends in /*: btsync and Resilio take the files in that folder only, Syncthing its folders too"],
    ["FOO/", "ends in /, which is not documented"],
    ["data/**/x", "holds **, which is not documented"],
    [String.raw`ABC\CDE`, "holds a backslash: part of a name, or Windows' delimiter"],
    [" x", "starts or ends with a blank, which Syncthing cuts off"],
    ["a//b", "holds //"],
    ["./x", "holds . or .. as a folder"],
    ["Icon\r.x", "holds a control character"],
  ])("%j is %j", (line, expected) => {
    expect(translationOf(line, "btsync", "syncthing")).toBe(expected);
    expect(translationOf(line, "resilio", "syncthing")).toBe(expected);
  });
});

describe("a rule of Syncthing for btsync", () => {
  test.each([
    ["foo", "foo"],
    ["  padded  ", "padded"],
    ["**/efile", "efile"],
    ["/foo", "/foo"],
    ["/config_raspi/*.log", "config_raspi/*.log"],
    ["(?d).DS_Store", ".DS_Store"],
    ["(?i)(?d)*.123", "*.123"],
    [String.raw`\{banana\}`, "{banana}"],
    [String.raw`\[x\]`, "[x]"],
    [String.raw`\!x`, "!x"],
    [String.raw`a\b`, "ab"],
    ["#snapshot", "#snapshot"],
    ["a,b", "a,b"],
    ["// a note", "# a note"],
    ["//", "#"],
    ["!keep.me", "takes files back in, which only Syncthing can"],
    ["(?d)!x", "takes files back in, which only Syncthing can"],
    ["(?i)thumbs.db", "does not mind the case of letters, which only Syncthing can"],
    ["foo/", "means what is in a folder, but not the folder, which only Syncthing can"],
    ["/foo/**", "means what is in a folder, but not the folder, which only Syncthing can"],
    ["te**ne", "holds **, which only Syncthing knows"],
    ["dir1/cfile", "is a path that begins at any depth; others take a path from the top of the tree"],
    ["**/a/b", "is a path that begins at any depth; others take a path from the top of the tree"],
    [
      "/foo/*",
      "ends in /*: btsync and Resilio take the files in that folder only, Syncthing its folders too",
    ],
    ["[ab]c", "holds a set of characters [ ], which only Syncthing knows"],
    ["{a,b}.txt", "holds alternatives { }, which only Syncthing knows"],
    [String.raw`\*star`, "means the letter * itself, which only Syncthing can"],
    [String.raw`\#`, "is a comment for btsync and Resilio"],
    ["# note", "is a comment for btsync and Resilio"],
    ["#include more.txt", "is an instruction to Syncthing alone"],
    ["!", "takes files back in, which only Syncthing can"],
    ["(?i)", "has nothing after its prefix: it puts the folder in error"],
    ["x\\", "ends in a backslash: it puts the folder in error"],
    ["\ufefffoo", "begins with a byte order mark, which is a part of the name there"],
  ])("%j is %j", (line, expected) => {
    expect(translationOf(line, "syncthing", "btsync")).toBe(expected);
    expect(translationOf(line, "syncthing", "resilio")).toBe(expected);
  });
});

test("between btsync and Resilio every line stays, whatever it means; a byte order mark and line ends go", () => {
  const text = "\ufeff# OS files\r\n\r\nFOO/*\r\ndata/**/\r\n.DS_Store\r\n";
  expect(translateIgnore(Buffer.from(text), "resilio", "btsync")).toEqual({
    lines: [...engines.btsync.foreignRules, "# OS files", "", "FOO/*", "data/**/", ".DS_Store"],
    problems: [],
  });
});

test("each problem has its line, and the rules that could be said are there", () => {
  const text = "// first\n!/keep\n\n.DS_Store\n.DS_Store\n/sub/x\n(?i)thumbs.db\n";
  const { lines, problems } = translateIgnore(Buffer.from(text), "syncthing", "btsync");
  expect(lines.slice(engines.btsync.foreignRules.length)).toEqual(["# first", "", ".DS_Store", "sub/x"]);
  expect(problems.map(({ line, text: at }) => [line, at])).toEqual([
    [2, "!/keep"],
    [7, "(?i)thumbs.db"],
  ]);
});

test("what keeps other engines' files at home is the new engine's own list", () => {
  const text = Buffer.from(`${engines.syncthing.foreignRules.join("\n")}\n*.iso\n`);
  expect(translateIgnore(text, "syncthing", "btsync")).toEqual({
    lines: [...engines.btsync.foreignRules, "*.iso"],
    problems: [],
  });
});

test("bytes that are no UTF-8 are a problem, not another name", () => {
  expect(translateIgnore(Buffer.from("caf\xe9\n", "latin1"), "btsync", "syncthing").problems).toHaveLength(1);
});

test("what is translated means the same: both engines' matchers agree on any path", () => {
  // `?` of btsync is tried on ASCII alone.
  const plain = fc.stringMatching(/^[ab*?]{1,3}$/);
  const name = fc.oneof(plain, plain, fc.stringMatching(/^[ab*?[\]{}!\\#,( ]{1,4}$/));
  const line = fc.oneof(
    { weight: 2, arbitrary: name },
    { weight: 2, arbitrary: name.map((one) => `/${one}`) },
    name.map((one) => `**/${one}`),
    name.map((one) => `${one}/`),
    name.map((one) => `${one}/**`),
    {
      weight: 4,
      arbitrary: fc.tuple(fc.constantFrom("", "/"), name, name).map(([top, a, b]) => `${top}${a}/${b}`),
    },
    fc.tuple(fc.constantFrom("(?i)", "(?d)", "(?d)(?d)"), name).map((parts) => parts.join("")),
    fc.constantFrom("# x", "#", "// x", "#include a", ".", "a/../b"),
  );
  const part = fc.oneof(fc.stringMatching(/^[ab]{1,3}$/), fc.stringMatching(/^[abAB[\]{}!\\#,(?* ]{1,3}$/));
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const kind = fc.constantFrom(...kinds);
  const seen = { hidden: 0, shown: 0 };
  fc.assert(
    fc.property(kind, kind, line, fc.array(path, { minLength: 4, maxLength: 8 }), (from, to, rule, paths) => {
      // An exception of Syncthing alone makes the rules below it mean something else.
      fc.pre(from !== "syncthing" || !rule.startsWith("!"));
      const { lines, problems } = translateIgnore(Buffer.from(rule), from, to);
      fc.pre(problems.length === 0);
      const before = compileIgnoreFile(from, Buffer.from(rule));
      const after = compileIgnoreFile(to, Buffer.from(lines.join("\n")));
      for (const one of paths) {
        for (const what of ["folder", "other"] as const) {
          const ignored = before.ignores(one, what);
          expect({ from, to, one, what, ignored: after.ignores(one, what) }).toEqual({
            from,
            to,
            one,
            what,
            ignored,
          });
          seen[ignored ? "hidden" : "shown"] += 1;
        }
      }
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(seen.hidden, seen.shown)).toBeGreaterThan(2000);
});
