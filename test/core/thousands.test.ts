import fc from "fast-check";
import { expect, test } from "vitest";
import { thousands } from "../../src/core/thousands.ts";

test("says what toLocaleString says of every whole number", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (count) => {
      expect(thousands(count)).toBe(count.toLocaleString("en-US"));
    }),
  );
  expect([0, 999, 1000, 297_481, -1000].map(thousands)).toEqual(["0", "999", "1,000", "297,481", "-1,000"]);
});
