import { expect, test } from "vitest";
import { formatValue, type Unit } from "./numbers.ts";

test.each<[number, Unit, string]>([
  [0, "bytes", "0 B"],
  [533, "bytes", "533 B"],
  [999.6, "bytes", "1 KB"],
  [12_203, "bytes", "12.2 KB"],
  [999_950, "bytes", "1 MB"],
  [7_784_000, "bytes", "7.78 MB"],
  [111_800_000, "bytes", "112 MB"],
  [0.0623, "seconds", "62 ms"],
  [0.9996, "seconds", "1 s"],
  [4.126, "seconds", "4.13 s"],
  [501, "seconds", "8.35 min"],
  [6800, "seconds", "1.89 h"],
  [0.001_523, "times", "0.00152"],
  [1.1, "times", "1.1"],
  [1234.5, "times", "1235"],
  [297_481, "count", "297,481"],
])("%d %s is written %s", (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});
