import fc from "fast-check";
import { expect, test } from "vitest";
import { makeFilter } from "../../src/tree/filter.ts";
import { nameSieve } from "../../src/tree/name-sieve.ts";
import { meaningfulNames, oddNames } from "../support/random-tree.ts";

const suspected = (sieve: ReturnType<typeof nameSieve>, name: string): boolean =>
  sieve(name.charCodeAt(0), name.charCodeAt(name.length - 1));

const letter = fc.constantFrom("a", "b", "~", ".", "*", "?", "\xc3", "T");
const pattern = fc
  .tuple(
    fc.constantFrom("", "/", "a/", "*/"),
    fc.array(letter, { minLength: 1, maxLength: 3 }).map((letters) => letters.join("")),
  )
  .map((parts) => parts.join(""));
const name = fc.oneof(
  fc.constantFrom(...oddNames, ...meaningfulNames),
  fc
    .array(
      letter.filter((one) => one !== "*" && one !== "?"),
      { minLength: 1, maxLength: 4 },
    )
    .map((letters) => letters.join("")),
);

test("no name that a filter has anything against slips through", () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 4 }),
      fc.array(name, { maxLength: 1 }),
      fc.array(name, { minLength: 1, maxLength: 3 }),
      (ignore, outside, components) => {
        const filter = makeFilter({ ignore, outside });
        const own = components.at(-1) as string;
        const verdict = filter.verdict(components.join("/"), own, components.length, "other");
        expect(verdict === "counts" || suspected(nameSieve(filter), own)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test("the usual rules suspect few of the usual names", () => {
  const sieve = nameSieve(
    makeFilter({ ignore: [".DS_Store", "Thumbs.db", "desktop.ini", "/cache", "*.part"] }),
  );
  const usual = ["IMG_0001.JPG", "a.mov", "b.mkv", "c.mp3", "letter.odf", "x", ".DS"];
  const ours = ["Thumbs.db", "x.PART", "~a", "cache", "y.!Sync"];
  expect([...usual, ...ours].filter((one) => suspected(sieve, one))).toEqual(["c.mp3", ".DS", ...ours]);
});
