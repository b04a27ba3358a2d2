import { describe, expect, test } from "vitest";
import { compileSyncthingIgnore, trimGo } from "../../src/engine/syncthing-ignore.ts";

/** What Syncthing 1.19.2 did with these files, as its /rest/db/browse told. */
const vectors: readonly (readonly [lines: readonly string[], path: string, ignored: boolean])[] = [
  [["foo"], "foo", true],
  [["foo"], "sub/foo", true],
  [["foo"], "foofoo", false],
  [["foo"], "dir/foo/bar", true],
  [["te*ne"], "subdir/telephone", true],
  [["te*ne"], "tele/phone", false],
  [["te**ne"], "tele/sub/dir/phone", true],
  [["te??st"], "tebest", true],
  [["te??st"], "test", false],
  [["te??st"], "teb/st", false],
  [["/foo"], "foo", true],
  [["/foo"], "subdir/foo", false],
  [["foo/"], "foo/bar", true],
  [["foo/"], "foo", false],
  [["/config_raspi/*.log"], "config_raspi/a.log", true],
  [["/config_raspi/*.log"], "config_raspi/sub/a.log", false],
  [["/config_raspi/*.log"], "x/config_raspi/a.log", false],
  [["dir1/cfile"], "x/dir1/cfile", true],
  [["dir1/cfile"], "cfile", false],
  [["**/efile"], "efile", true],
  [["/**/x"], "x", false],
  [["/**/x"], "a/x", true],
  [["a/**/z"], "a/z", true],
  [["*/cache"], "cache", false],
  [["*/cache"], "a/b/cache", true],
  [["(?i)thumbs.db"], "a/THUMBS.DB", true],
  [["Thumbs.db"], "thumbs.db", false],
  [["!keep.me", "*"], "sub/keep.me", false],
  [["!keep.me", "*"], "sub/other", true],
  [["*", "!keep"], "keep", true],
  [["!/baz", "*"], "baz/x", false],
  [["!/baz", "*"], "other/baz", true],
  [["#snapshot"], "#snapshot/x", true],
  [["//foo"], "foo", false],
  [["[ab]c"], "ac", true],
  [["[ab]c"], "abc", false],
  [["[!a]x"], "ax", false],
  [["[!a]x"], "bx", true],
  [["[^a]x"], "ax", true],
  [["[^a]x"], "bx", false],
  [["{banana,pineapple}.txt"], "pineapple.txt", true],
  [["a,b"], "a", false],
  [[String.raw`\{banana\}`], "{banana}", true],
  [[String.raw`\{banana\}`], "banana", false],
  [[String.raw`\*star`], "xstar", false],
  [[String.raw`a\b`], "ab", true],
  [["  padded  "], "padded", true],
  [["*.tmp"], "d.tmp/inside", true],
  [["*.tmp"], "c.tmpx", false],
  [[".git"], "proj/.git/config", true],
  [[".git"], "proj/.gitignore", false],
  [[".git"], "bare.git/HEAD", false],
  [["(?d)(?i)!Foo", "*"], "foo", false],
  [["[a-c]x"], "bx", true],
  [["é?"], "éü", true],
];

test.each(vectors)("with %j: %j is ignored: %j", (lines, path, ignored) => {
  const rules = compileSyncthingIgnore(lines.map(latin1));
  expect(rules.ignores(latin1(path))).toBe(ignored);
  expect(rules.unclear).toEqual([]);
});

test("what Syncthing itself decides by the name is no matter of its rules, and other engines' files are files to it", () => {
  const rules = compileSyncthingIgnore([]);
  const own = ["sub/.stversions/q", "sub/.stignore", "x.sync-conflict-20260101-010101-ABCDEFG.txt"];
  expect([...own, ".sync/ID", ".SyncID"].filter((path) => rules.ignores(path))).toEqual([]);
});

test("an included file is not read: its rules are missing, and that is told", () => {
  const rules = compileSyncthingIgnore(["#include inc.txt", "b"]);
  expect([rules.ignores("b"), rules.ignores("inc.txt")]).toEqual([true, false]);
  expect(rules.unclear).toEqual(["#include inc.txt"]);
});

describe("a line that cannot be followed is told as such", () => {
  test.each(["#include more.txt", "#include nope", "!", "[", "(?i)", "{a", "#escape=|"])("%j", (line) => {
    expect(compileSyncthingIgnore([line, "x"]).unclear).toEqual([line]);
  });
});

test("white space is Go's, so that a byte order mark stays in the first pattern", () => {
  expect(trimGo(latin1("\u00a0 x\t"))).toBe("x");
  expect(trimGo(latin1("\ufeffx"))).toBe(latin1("\ufeffx"));
});

function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
