import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { formatProblem } from "../../src/inventory/problem.ts";
import { readYaml } from "../../src/inventory/yaml-tree.ts";
import { problemsOf, withNode } from "./parsed.ts";

function read(text: string): string[] {
  return readYaml(text).problems.map((problem) => formatProblem("f", problem));
}

const oddIndent =
  "this line is not indented like the ones it belongs to: the keys of a mapping, and the - of a list, stand in one column";

describe("readYaml", { timeout: 30_000 }, () => {
  test("gives plain values", () => {
    const { tree, problems } = readYaml("a: [1, two, {b: true}]\nc:\n");
    expect(tree?.value).toEqual({ a: [1, "two", { b: true }], c: null });
    expect(problems).toEqual([]);
  });

  test("any plain document comes back as the value that it was written from", () => {
    const word = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((key) => key !== "<<" && key.length < 500);
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(word, tie("value"), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(word, json, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), (value) => {
        const { tree, problems } = readYaml(JSON.stringify(value));
        expect(problems).toEqual([]);
        expect(tree?.value).toEqual(value);
        expect(readYaml(stringify(value, { aliasDuplicateObjects: false })).tree?.value).toEqual(value);
      }),
    );
  });

  test("knows the place of keys and values, in Windows' line ends and behind accents too", () => {
    const { tree } = readYaml("ä: 1\r\nb:\r\n  c: [x, yy]\r\n");
    expect(tree?.place(["b", "c"], "key")).toEqual({ line: 3, column: 3 });
    expect(tree?.place(["b", "c", 1], "value")).toEqual({ line: 3, column: 10 });
    expect(tree?.place(["b", "missing"], "key")).toEqual({ line: 2, column: 1 });
  });

  test("an alias means the nearest anchor before it", () => {
    expect(readYaml("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").tree?.value).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });

  test.each<[string, string, ...string[]]>([
    ["nothing", "", "f: is empty; `pimesh init` writes a first inventory"],
    ["only comments", "# nothing\n\n", "f: is empty; `pimesh init` writes a first inventory"],
    ["only a document marker", "---\n", "f: is empty; `pimesh init` writes a first inventory"],
    ["a tab as indentation", "a:\n\tb: 1\n", "f:2:1: a tab stands where YAML wants blanks for indentation"],
    [
      "two documents",
      "a: 1\n---\nb: 2\n",
      "f:2:1: a second YAML document starts here; an inventory is one document",
    ],
    ["a tag", "a: !secret x\n", "f:1:4: YAML tags (!name) are not supported here"],
    [
      "a colon in plain text",
      "a: b: c\n",
      "f:1:4: two `key: value` in one line; put text that holds a colon in quotes",
    ],
    ["a reserved first character", "a: @x\n", "f:1:4: text that starts like this has to stand in quotes"],
    [
      "a list that is not closed",
      "a: [1, 2\nb: 3\n",
      "f:1:4: this [ is not closed before line 2; add its ], or indent every line up to it further",
    ],
    [
      "a brace that is not closed",
      "nodes:\n  mom: { address: a, disk: { mount: /x }\n  home: { address: b }\n",
      "f:2:8: this { is not closed before line 3; add its }, or indent every line up to it further",
    ],
    ["a brace too many", "a: {b: 1}}\n", "f:1:10: this } closes nothing"],
    ["a quote that is not closed", 'a: "x\nb: 1\n', "f:1:4: this quote is not closed"],
    [
      "a comma that is missing",
      "a: {b: 1\n  c: 2}\n",
      "f:1:8: a comma is missing after this, or the bracket around it is not closed",
    ],
    ["a line that is indented too far", "a:\n  b: 1\n   c: 2\n", `f:3:4: ${oddIndent}`],
    ["a line that is indented too little", "a:\n  b: 1\n c: 2\n", `f:3:2: ${oddIndent}`],
    ["a list that is indented unevenly", "a:\n  - b\n - c\n", `f:3:2: ${oddIndent}`],
    [
      "a line without a colon",
      "a: x\nfoo\nb: 1\n",
      "f:2:1: this is no `key: value`: after a key comes a colon and a blank",
    ],
    ["a key twice", "a: 1\nb: {c: 1, c: 2}\n", "f:2:11: b.c: is there twice, first in line 2"],
    ["a list as a key", "? [a, b]\n: 1\n", "f:1:3: a key here is not a plain word"],
    ["an alias as a key", "a: &x y\n*x : 1\n", "f:2:1: a key here is not a plain word"],
    ["no key at all", ": 1\n", "f:1:1: a key here is not a plain word"],
    [
      "a merge key",
      "a: &x {b: 1}\nc: {<<: *x}\n",
      "f:2:5: c: merge keys (<<) are not supported; put what nodes share into defaults",
    ],
    ["an alias to nowhere", "a: *x\n", "f:1:4: a: there is no anchor &x before this"],
    ["an anchor in itself", "a: &x [1, *x]\n", "f:1:11: a[1]: the anchor &x contains itself"],
  ])("says what is wrong with %s", (_title, text, ...problems) => {
    expect(read(text)).toEqual(problems);
  });

  test("a syntax error never repeats the text that it is about", () => {
    for (const text of [
      'a: "x" hunter2\n',
      "a: 'x'\n 'hunter2'\n",
      "a: ]hunter2\n",
      "a:\n  - x\n hunter2\n",
      "%hunter2 x\n---\na: 1\n",
    ]) {
      const problems = read(text);
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join("\n")).not.toContain("hunter2");
    }
  });

  test("no text whatever makes it throw, and every problem has one line", () => {
    const piece = fc.constantFrom(
      "a",
      ": ",
      "- ",
      "[",
      "]",
      "{",
      "}",
      "&x ",
      "*x",
      "\n",
      "\n  ",
      "\t",
      "'",
      '"',
      "|",
      ">",
      "?",
      "!t ",
      "<<: ",
      "#",
      "---\n",
      "...\n",
      "%YAML 1.1\n",
      ",",
      "\\",
      "\r\n",
      "@",
      "`",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        for (const problem of problemsOf(pieces.join(""))) expect(problem).toMatch(/^pimesh\.yaml[^\n\r]*$/);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a file that is no inventory is refused at once", { timeout: 30_000 }, () => {
  const million = 1_000_000;
  const laughs = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [index, name] of ["b", "c", "d", "e", "f", "g", "h", "i"].entries()) {
    const before = `*${"abcdefgh".charAt(index)}`;
    laughs.push(`${name}: &${name} [${Array.from({ length: 9 }, () => before).join(", ")}]`);
  }
  const wide = `a: &a [${"1,".repeat(900)}]\n${Array.from({ length: 90 }, (_, index) => `k${index}: *a`).join("\n")}\n`;

  // Without the limits, the first of these ends the process and the others take minutes.
  test.each<[string, string, string]>([
    ["a million open brackets", "[".repeat(million), "nested too deeply"],
    ["a million dashes", "- ".repeat(million / 2), "nested too deeply"],
    ["a million question marks", "? ".repeat(million / 2), "nested too deeply"],
    ["mappings in mappings", "{a: ".repeat(million / 4), "nested too deeply"],
    [
      "a hundred thousand keys",
      Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`).join("\n"),
      "holds too much",
    ],
    ["a million commas", `[${",".repeat(million)}`, "holds too much"],
    ["a million closing brackets", "]".repeat(million), "holds too much"],
    ["a million quotes", '"'.repeat(million), "holds too much"],
    ["a billion laughs", laughs.join("\n"), "too many aliases"],
    ["few aliases of much", wide, "expands to too much"],
    ["a key of a million letters", `${"k".repeat(million)}: 1`, "at most 1024 chars"],
  ])("%s", (_title, text, message) => {
    const problems = read(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]?.length).toBeLessThan(200);
  });

  test("an unknown key of a thousand letters is cut and not compared with every known one", () => {
    const [problem = ""] = problemsOf(withNode(`${"k".repeat(1000)}: 1`));
    expect(problem).toContain("unknown key");
    expect(problem.length).toBeLessThan(300);
  });
});
