import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyClash, parseFolderKey, type FolderKey } from "../../src/engine/folder-key.ts";

// Synthetic, of the form that engines print.
const a = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
const b = "BQ4ZFLS6N4576YQQQU6JT6S2DAAAE4LZ6";
const d = "DCVHQZI7NLX3P6FBP2V7NDMEEHRFSH7LT";
const e = "ECVHQZI7NLX3P6FBP2V7NDMEEHRFSH7LTFUNLITOBRS4BPK2BAGBTCMRTGQ";
const f = "FCVHQZI7NLX3P6FBP2V7NDMEEHRFSH7LT";
const r = `R${b.slice(1)}`;
const lowerCase = "holds letters in lower case; a key is in capitals";
const custom = Buffer.from("thirty bytes that nobody has.....").toString("base64");

describe("parseFolderKey", () => {
  test.each([
    [a, "A", "read and write"],
    [b, "B", "read"],
    [d, "D", "read and write"],
    [e, "E", "read"],
    [`${e}ABCDEF`, "E", "read"],
    [f, "F", "store encrypted"],
    [r, "R", "read"],
    [custom, "custom", "unknown"],
  ])("%s is of type %s: %s", (text, type, rights) => {
    expect(keyOf(text)).toMatchObject({ type, rights });
    expect(keyOf(` ${text}\r\n`).reveal()).toBe(text);
  });

  test.each([
    ["", "holds no key in its first line"],
    [a.slice(0, 32), "holds a key of 32 characters: one that begins with A has 33"],
    [`${a}N`, "holds a key of 34 characters: one that begins with A has 33"],
    [a + b, "holds a key of 66 characters: one that begins with A has 33"],
    [e.slice(0, 58), "holds a key of 58 characters: one that begins with E has 59 or 65"],
    [`${a.slice(0, 4)}0${a.slice(5)}`, typo(5, "0 for O?")],
    [`${a.slice(0, 4)}1${a.slice(5)}`, typo(5, "1 for I?")],
    [`${a.slice(0, 32)}8`, typo(33, "8 for B?")],
    [`${a.slice(0, 32)}9`, typo(33, "9 for G?")],
    [`${a.slice(0, 32)}ß`, typo(33)],
    [`${a.slice(0, 32)}n`, lowerCase],
    [`${e.slice(0, 50)}x${e.slice(51)}`, lowerCase],
    [`${e.slice(0, 49)}0x${e.slice(51)}`, typo(50, "0 for O?")],
    [a.toLowerCase(), lowerCase],
    [e.toLowerCase(), lowerCase],
    [`G${a.slice(1)}`, "holds no folder's key: one begins with A, B, D, E, F or R, which says its rights"],
    [
      `C${a.slice(1)}`,
      "holds a one-time key (C), which is good for one device and a short time; take the A or B key",
    ],
    [`M${a.slice(1)}`, "holds an identity's key (M), not a folder's"],
    [`"${a}"`, "holds more than a key in its first line: no blank and no quote is in one"],
    [`key: ${a}`, "holds more than a key in its first line: no blank and no quote is in one"],
  ])("%j is refused", (text, problem) => {
    expect(parseFolderKey(text)).toEqual({ problem });
  });

  test("a made-up key that is too short is refused", () => {
    expect(parseFolderKey(custom.slice(0, 39))).toHaveProperty("problem");
  });

  test("no message holds three characters of what it is about", () => {
    const character = fc.constantFrom(
      ...Array.from(`${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(4)}0189-xyz+/=`),
    );
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 20, maxLength: 70 }), (text) => {
        const parsed = parseFolderKey(text);
        if (!("problem" in parsed)) return;
        for (let at = 0; at + 3 <= text.length; at += 1) {
          expect(parsed.problem).not.toContain(text.slice(at, at + 3));
        }
      }),
    );
  });

  test("a key that is printed by mistake does not show", () => {
    expect(JSON.stringify(parseFolderKey(a))).not.toContain(a.slice(1, 8));
  });
});

describe("keyClash", () => {
  test.each([
    [a, a, undefined],
    [a, b, undefined],
    [b, r, undefined],
    [d, e, undefined],
    [e, f, undefined],
    [custom, custom, undefined],
    // An engine may have been given a made-up key and have printed a read-only one of it.
    [custom, b, undefined],
    [a, `${a.slice(0, 32)}A`, "two keys of one type that are not the same"],
    [a, d, "no A and D key are of one folder"],
    [f, b, "no B and F key are of one folder"],
    [e, `${f.slice(0, 32)}A`, "the F key is not the one of that E key"],
  ])("%s beside %s: %s", (left, right, clash) => {
    expect(keyClash(keyOf(left), keyOf(right))).toBe(clash);
    expect(keyClash(keyOf(right), keyOf(left))).toBe(clash);
  });
});

function keyOf(text: string): FolderKey {
  const parsed = parseFolderKey(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed.key;
}

function typo(at: number, advice?: string): string {
  return `has a typing error at character ${at}: a key has only A to Z and 2 to 7${advice === undefined ? "" : ` (${advice})`}`;
}
