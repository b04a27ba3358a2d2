import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileIgnoreFile, ignoreLines } from "../../src/engine/ignore-file.ts";
import { compileIgnore } from "../../src/engine/ignore.ts";
import { ignorePatternProblem } from "../../src/inventory/ignore-pattern.ts";

describe("ignorePatternProblem", { timeout: 30_000 }, () => {
  test.each([
    ".DS_Store",
    "Thumbs.db",
    "*.part",
    "~*",
    "Icon?",
    "/scratch",
    "a/b",
    "/a/b.*",
    "#snapshot",
    "lost+found",
    "My Test",
    "$RECYCLE.BIN",
    "a*b/c",
  ])("%s means the same everywhere", (pattern) => {
    expect(ignorePatternProblem(pattern)).toBeUndefined();
  });

  test.each([
    ["", "is empty"],
    [" a", "starts or ends with a blank, which Syncthing would cut off"],
    ["a ", "starts or ends with a blank, which Syncthing would cut off"],
    ["a\nb", "holds a line end or another control character"],
    ["a\\b", "holds a backslash, which is part of a name to btsync and an escape to Syncthing"],
    ["!a", "starts with !: only Syncthing can take files back in"],
    ["//a", "starts with //, which is a comment for Syncthing"],
    ["a/**/b", "holds **, which only Syncthing knows"],
    ["[ab]c", "holds [, which only Syncthing takes for a set of characters"],
    ["a/", "ends in /, which the engines read differently; a name matches folders too"],
    ["a//b", "holds //"],
    ["a/../b", "holds . or .. as a folder"],
    [".", "holds . or .. as a folder"],
    ["# text", "is a comment for btsync and Resilio"],
    ["#", "is a comment for btsync and Resilio"],
    ["*", "ignores everything"],
    ["/*", "ignores everything"],
    ["a/*", "ends in /*: btsync takes the files in that folder only, Syncthing everything below it"],
  ])("%j is refused", (pattern, problem) => {
    expect(ignorePatternProblem(pattern)).toBe(problem);
  });

  test("a pattern that passes hides the same files from every engine", () => {
    const patterns = fc.array(fc.constantFrom("a", "b", "/", "*", "?", ".", "[", "!", "{", "(", "#", " "), {
      maxLength: 6,
    });
    const paths = fc.array(fc.constantFrom("a", "b", "/", ".", "ab", "(", "{", "#"), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(patterns, fc.array(paths, { minLength: 10, maxLength: 10 }), (pieces, candidates) => {
        const pattern = pieces.join("");
        if (ignorePatternProblem(pattern) !== undefined) return;
        const common = compileIgnore([pattern]);
        const others = (["syncthing", "resilio", "btsync"] as const).map((kind) =>
          compileIgnoreFile(kind, Buffer.from(ignoreLines(kind, [pattern]).join("\n"))),
        );
        for (const path of candidates.map((parts) => parts.join("")).filter(isPath)) {
          const hidden = others.map((rules) => rules.ignores(path, "other"));
          expect([path, ...hidden]).toEqual([path, ...hidden.map(() => common.ignores(path, "other"))]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function isPath(path: string): boolean {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
