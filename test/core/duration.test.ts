import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../src/core/duration.ts";

test.each([
  [0, "now"],
  [-5000, "now"],
  [8_400, "8 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3_600_000, "1 h"],
  [3_600_000 * 25.5, "1 d 1 h"],
  [3_600_000 * 2 + 60_000 * 5, "2 h 5 min"],
])("%d ms reads %s", (span, text) => {
  expect(formatDuration(span)).toBe(text);
});

test.each([
  ["90s", 90_000],
  ["15 min", 900_000],
  ["2h", 7_200_000],
  ["3 d", 259_200_000],
  ["250ms", 250],
  ["5", undefined],
  ["soon", undefined],
])("%s means %s ms", (text, span) => {
  expect(parseDuration(text)).toBe(span);
});
