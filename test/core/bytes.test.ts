import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBytes, parseBytes, parseRate } from "../../src/core/bytes.ts";

describe("formatBytes", () => {
  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [102_348, "99.9 KiB"],
    [102_400, "100 KiB"],
    [1_048_575, "1.0 MiB"],
    [4 * 1024 ** 3, "4.0 GiB"],
    [1_000_204_886_016, "932 GiB"],
    [-2048, "-2.0 KiB"],
  ])("%d is %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test("never needs more than eight characters below a pebibyte", () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        fc.pre(bytes < 1024 ** 5);
        expect(formatBytes(bytes).length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe("parseRate", () => {
  test.each([
    ["900 KiB/s", 900 * 1024],
    ["900KiB/s", 900 * 1024],
    ["1.5 MB/s", 1_500_000],
    ["1.5 MB /s", 1_500_000],
    ["100 kB/s", 100_000],
    ["900", undefined],
    ["900 KiB", undefined],
    ["8 Mbit/s", undefined],
    ["8 Mb/s", undefined],
    ["/s", undefined],
  ])("%s is %s bytes a second", (text, bytes) => {
    expect(parseRate(text)).toBe(bytes);
  });
});

describe("parseBytes", () => {
  test.each([
    ["4GiB", 4 * 1024 ** 3],
    ["900 KiB", 900 * 1024],
    ["1.5GB", 1_500_000_000],
    ["512B", 512],
    ["4096", undefined],
    ["4G", undefined],
    ["-1GiB", undefined],
    ["lots", undefined],
    ["", undefined],
    ["9999999PiB", undefined],
  ])("%s is %s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });
});
