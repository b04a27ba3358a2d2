import { describe, expect, test } from "vitest";
import { groups, parseOptions } from "./options.ts";

describe("options", () => {
  test("by default measure everything on a small tree", () => {
    expect(parseOptions([])).toMatchObject({
      files: 20_000,
      growth: [10_600, 67_200],
      only: groups,
      runs: 3,
      nodes: 30,
    });
  });

  test("--full takes the trees that the targets mean", () => {
    expect(parseOptions(["--full"])).toMatchObject({
      files: 297_481,
      growth: [157_970, 1_000_000],
      full: true,
    });
  });

  test("--only takes groups with commas or several times, and keeps their order", () => {
    expect(parseOptions(["--only", "status,diff", "--only", "start"]).only).toEqual([
      "start",
      "diff",
      "status",
    ]);
  });

  test.each([
    [["--only", "everything"], "--only takes"],
    [["--files", "10"], "--files takes a whole number from 1000"],
    [["--runs", "x"], "--runs takes a whole number from 1"],
    [["--full", "--files", "5000"], "--full"],
    [["--fast"], "--fast"],
  ])("%j is refused", (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message);
  });
});
