import { expect, test } from "vitest";
import { latin1 } from "../../src/core/latin1.ts";

test.each([
  ["plain", "plain"],
  ["ű", "\u00c5\u00b1"],
  ["⛵", "\u00e2\u009b\u00b5"],
])("%s has one character for each byte", (text, bytes) => {
  expect(latin1(text)).toBe(bytes);
});
