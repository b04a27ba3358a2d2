import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayWidth, printable, truncate, wrap } from "../../src/render/width.ts";

describe("display width", () => {
  test.each([
    ["", 0],
    ["mom", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["祖母", 4],
    ["👵", 2],
    ["👩‍👩‍👧", 2],
    ["✓ ok", 4],
    ["⊘", 1],
    ["─", 1],
  ])("of %j is %i", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe("truncate", () => {
  test.each([
    ["grandma", 7, "grandma"],
    ["grandma", 6, "grand…"],
    ["祖母の家", 5, "祖母…"],
    ["祖母の家", 4, "祖…"],
    ["grandma", 1, "…"],
    ["grandma", 0, ""],
  ])("%j to %i columns is %j", (text, columns, expected) => {
    expect(truncate(text, columns)).toBe(expected);
  });

  test("never leaves more than was asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, columns) => {
        expect(displayWidth(truncate(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe("wrap", () => {
  test("breaks at blanks and keeps a long word whole", () => {
    expect(wrap("plug the disk 2f6c1c8e-0000 in", 12)).toEqual(["plug the", "disk", "2f6c1c8e-0000", "in"]);
  });

  test("without a width is one line", () => {
    expect(wrap("a b c", undefined)).toEqual(["a b c"]);
  });

  test("loses nothing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }),
        fc.integer({ min: 1, max: 30 }),
        (words, columns) => {
          expect(wrap(words.join(" "), columns).join(" ")).toBe(words.join(" "));
        },
      ),
    );
  });
});

describe("printable", () => {
  test("keeps words of every language and shows control characters and direction marks", () => {
    expect(printable("Oma é 祖母 👵")).toBe("Oma é 祖母 👵");
    expect(printable("a\u001b]0;x\u0007b\r\n\u2066")).toBe(String.raw`a\x1b]0;x\x07b\x0d\x0a\u2066`);
  });
});
