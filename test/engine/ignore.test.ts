import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileIgnore, ignoreProblem } from "../../src/engine/ignore.ts";
import { compileIgnoreFile } from "../../src/engine/ignore-file.ts";

/** Resilio's help page, by its examples and sentences; the default lists under the same rules. */
const vectors: readonly (readonly [pattern: string, path: string, ignored: boolean])[] = [
  ["*.pdf", "a.pdf", true],
  ["*.pdf", "docs/b.pdf", true],
  ["*.pdf", "a.PDF", false],
  ["abc?.txt", "abcd.txt", true],
  ["abc?.txt", "abc.txt", false],
  ["abc?.txt", "abcde.txt", false],
  ["abc?.txt", "sub/abc1.txt", true],
  ["My Test", "My Test", true],
  ["My Test", "My Test/x.jpg", true],
  ["My Test", "a/b/My Test/c/d.txt", true],
  ["My Test", "My Test2", false],
  ["MyTest", "mytest", false],
  ["ABC/CDE F", "ABC/CDE F/x", true],
  ["ABC/CDE F", "123/ABC/CDE F/x", false],
  ["ABC/CDE F", "ABC/other", false],
  ["FOO/*", "FOO/a.txt", true],
  ["FOO/*", "x/FOO/a.txt", false],
  ["FOO/*", "FOO/sub/a.txt", false],
  ["FOO", "x/y/FOO/a.txt", true],
  ["/FOO", "FOO/a", true],
  ["/FOO", "x/FOO/a", false],
  ["FOO2/*.pdf", "FOO2/a.pdf", true],
  ["FOO2/*.pdf", "FOO2/a.txt", false],
  [".DS_Store", "photos/.DS_Store", true],
  [".DS_Store?", ".DS_Store", false],
  [".DS_Store?", ".DS_Storex", true],
  ["._*", "movies/._clip.mov", true],
  ["._*", "movies/clip._x", false],
  ["~*", "~$doc.docx", true],
  ["*~", "notes.txt~", true],
  ["*~", "notes~.txt", false],
  ["Icon?", "Icon\r", true],
  ["Icon?", "Icons", true],
  ["Icon?", "Icon.png", false],
  [".Trash-*", ".Trash-1000/files/x", true],
  ["Thumbs.db", "a/thumbs.db", false],
  ["lost+found", "lost+found", true],
  ["$RECYCLE.BIN", "$recycle.bin/x", false],
  ["@eaDir", "photos/@eaDir/x.jpg/T.jpg", true],
  ["*.part", "movie.mkv.part", true],
  ["*.part", "movie.part.mkv", false],
  ["# OS generated files #", "OS generated files", false],
];

describe("a btsync ignore file", () => {
  test.each(vectors)("with %j: %j is ignored: %j", (pattern, path, ignored) => {
    for (const kind of ["btsync", "resilio"] as const) {
      expect(compileIgnoreFile(kind, Buffer.from(`${pattern}\n`)).ignores(path, "other")).toBe(ignored);
    }
  });
});

test("a plus sign is a letter, of a folder's name too", () => {
  expect(compileIgnoreFile("btsync", Buffer.from("lost+found\n")).ignores("lost+found", "folder")).toBe(true);
});

describe("the inventory's patterns", () => {
  test.each(vectors.filter(([pattern]) => ignoreProblem(pattern) === undefined))(
    "with %j: %j is ignored: %j",
    (pattern, path, ignored) => {
      expect(compileIgnore([pattern]).ignores(path, "other")).toBe(ignored);
    },
  );

  test("go by bytes, so that a question mark is one byte", () => {
    const rules = compileIgnore(["a??"]);
    expect(rules.ignores(Buffer.from("aé").toString("latin1"), "other")).toBe(true);
    expect(rules.ignores("a\xff", "other")).toBe(false);
  });

  test("take everything below a matched folder", () => {
    const part = fc.stringMatching(/^[a-c]{1,3}$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), part, (folders, name) => {
        const rules = compileIgnore([name, `/${folders[0]}/${name}`]);
        const path = folders.join("/");
        expect(rules.ignores(path, "folder")).toBe(folders.includes(name));
        expect(rules.ignores(`${path}/${name}x`, "other")).toBe(folders.includes(name));
      }),
    );
  });

  test("match the same as a regular expression made from them", () => {
    const alphabet = fc.stringMatching(/^[ab*?]{1,6}$/);
    fc.assert(
      fc.property(alphabet, fc.stringMatching(/^[ab]{0,8}$/), (pattern, name) => {
        const expected = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(compileIgnore([pattern]).matchesEntry(name, name, 1, "other")).toBe(expected.test(name));
      }),
      { numRuns: 1000 },
    );
  });

  test("do not explode on patterns of many stars", () => {
    const rules = compileIgnore([`${"*a".repeat(60)}b`]);
    expect(rules.ignores("a".repeat(255), "other")).toBe(false);
  });
});

describe("a pattern that the engines would read differently is refused", () => {
  test.each([
    ["", "empty"],
    [" x", "blank"],
    ["x\t", "control"],
    ["a\\b", "backslash"],
    ["# note", "comment"],
    ["#", "comment"],
    ["data/**", "**"],
    ["FOO/", "ends in /"],
    ["FOO/*", "ends in /*"],
    ["*", "everything"],
    ["/*", "everything"],
    ["../x", "."],
    ["a//b", "//"],
  ])("%j: %s", (pattern, word) => {
    expect(ignoreProblem(pattern)).toContain(word);
  });

  test.each(["#snapshot", ".DS_Store", "*.part", "/a", "a/b c", "[x]", "!x", "{a,b}", "~*", "é"])(
    "%j is fine",
    (pattern) => {
      expect(ignoreProblem(pattern)).toBeUndefined();
    },
  );
});
