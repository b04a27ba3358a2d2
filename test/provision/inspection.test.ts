import { describe, expect, test } from "vitest";
import { octal, parseRecords } from "../../src/provision/inspection.ts";

describe("modes as ls prints them", () => {
  test.each([
    ["-rw-r--r--", "644"],
    ["-rw-------", "600"],
    ["drwxr-xr-x", "755"],
    ["d---------", "000"],
    ["-rwsr-xr-x", "4755"],
    ["drwxrwsr-x", "2775"],
    ["drwxrwxrwt", "1777"],
    ["-rwSr--r--", "4644"],
    ["-rw-r--r--+", "644"],
  ])("%s is %s", (symbolic, digits) => {
    expect(octal(symbolic)).toBe(digits);
  });
});

describe("records of an answer", () => {
  test("noise before, between and behind them is skipped", () => {
    const answer = Buffer.from(
      "Welcome!\nabc under 9\nimmutable\nnoise\nabc hidden 2\n0\n\nabc end 2\nok\nbye",
    );
    expect([...parseRecords(answer, "abc")].map(([key, value]) => [key, value.toString()])).toEqual([
      ["under", "immutable"],
      ["hidden", "0\n"],
      ["end", "ok"],
    ]);
  });

  test("a text that looks like a record is only a text", () => {
    expect(parseRecords(Buffer.from("abc a.text 12\nabc end 2\nok\n"), "abc").has("end")).toBe(false);
  });

  test("a record that was cut off is none", () => {
    expect(parseRecords(Buffer.from("abc under 9\nimmut"), "abc").size).toBe(0);
  });

  test("a key may hold blanks", () => {
    expect(
      parseRecords(Buffer.from("abc /media/my disk/x 6\nabsent\n"), "abc")
        .get("/media/my disk/x")
        ?.toString(),
    ).toBe("absent");
  });
});
