import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseLenientJson } from "../../src/engine/lenient-json.ts";

describe("parseLenientJson", () => {
  test.each([
    ['{ "a": 1 }', { a: 1 }],
    ['\ufeff{ "a": 1 }', { a: 1 }],
    ['// note\n{ /* a\n b */ "a": "1", // "c": 2,\n}\n', { a: "1" }],
    ['{ "list": [1, 2, /* 3 */], }', { list: [1, 2] }],
    [
      '{ "url": "http://x//y", "glob": "/*", "end": "*/,}" }',
      { url: "http://x//y", glob: "/*", end: "*/,}" },
    ],
    [String.raw`{ "a": "\"// no comment", "b": "\\" } // one`, { a: '"// no comment', b: "\\" }],
    ["{}", {}],
  ])("%j is read", (text, value) => {
    expect(parseLenientJson(text)).toEqual({ value });
  });

  test.each(["[1]", "null", '"text"'])("%j is no object", (text) => {
    expect(parseLenientJson(text)).toEqual({ problem: "holds no { } at its top" });
  });

  test.each(['{ "secret": "ABYLI66', "{ secret: ABYLI66 }", '{ "a": 1 "secret": "ABYLI66" }', "", "ABYLI66"])(
    "%j is none, and what it holds is not repeated",
    (text) => {
      const parsed = parseLenientJson(text);
      expect(parsed).toHaveProperty("problem");
      expect(JSON.stringify(parsed)).not.toContain("ABYLI66");
    },
  );

  test("takes any JSON for what it is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object, null, 1);
        expect(parseLenientJson(text)).toEqual({ value: JSON.parse(text) as object });
      }),
    );
  });
});
