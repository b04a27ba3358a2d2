import { describe, expect, test } from "vitest";
import { differencesOf, mistakes, planChanges } from "./differences.ts";
import { oddNames, treeShape } from "./tree-shape.ts";

const files = [...treeShape(2000, 1)];

describe("planned changes", () => {
  test.each([0, 10, 100, 1000])("make exactly %d differences", (count) => {
    expect(differencesOf(planChanges(files, count, 1)).size).toBe(count);
  });

  test("are of all kinds: of ten, three only left, three only right and four that differ", () => {
    const kinds = [...differencesOf(planChanges(files, 10, 1)).values()].toSorted().join(" ");
    expect(kinds).toBe(
      "differs differs differs differs only-left only-left only-left only-right only-right only-right",
    );
  });

  test("of a smaller count are the first of a larger, so that a copy can be changed further", () => {
    const few = planChanges(files, 100, 1);
    expect(planChanges(files, 1000, 1).slice(0, few.length)).toEqual(few);
  });

  test("leave the odd names in step", () => {
    const changed = new Set(differencesOf(planChanges(files, 1000, 1)).keys());
    expect(files.slice(0, oddNames.length).filter(({ path }) => changed.has(path))).toEqual([]);
  });

  test.each([5, 3000])("are refused for %d differences of 2,000 files", (count) => {
    expect(() => planChanges(files, count, 1)).toThrow(RangeError);
  });
});

test("mistakes are what was reported without being there, and what was not reported", () => {
  const expected = new Map([
    ["a", "differs"],
    ["b", "only-left"],
  ]);
  expect(mistakes(expected, ["b", "c", "c", "d"])).toEqual({ false: 2, missed: 1 });
});
