import { describe, expect, test } from "vitest";
import { oddNames, treeShape } from "./tree-shape.ts";

const files = [...treeShape(10_000, 1)];
const parents = files.map(({ path }) => path.slice(0, path.lastIndexOf("/")));

describe("the made tree", () => {
  test("has as many files as asked for, none of them twice, and is the same for the same seed", () => {
    expect(files.length).toBe(10_000);
    expect(new Set(files.map(({ path }) => path)).size).toBe(10_000);
    expect([...treeShape(10_000, 1)]).toEqual(files);
    expect([...treeShape(10_000, 2)]).not.toEqual(files);
  });

  test("has no file where another has a folder", () => {
    const folders = new Set(
      parents.flatMap((path) => path.split("/").map((_, at, all) => all.slice(0, at + 1).join("/"))),
    );
    expect(files.filter(({ path }) => folders.has(path))).toEqual([]);
  });

  test("begins with the names that have broken file tools", () => {
    const names = files.slice(0, oddNames.length).map(({ path }) => path.replace("papers/odd names/", ""));
    expect(names).toEqual(oddNames);
  });

  test("has the shape of the seed's: some twelve files a folder, one of a fifteenth of all, 63 deep, paths of 44 bytes", () => {
    const sizes = new Map<string, number>();
    for (const parent of parents) sizes.set(parent, (sizes.get(parent) ?? 0) + 1);
    expect(files.length / sizes.size).toBeGreaterThan(10);
    expect(files.length / sizes.size).toBeLessThan(15);
    expect(Math.max(...sizes.values())).toBe(666);
    expect(Math.max(...files.map(({ path }) => path.split("/").length))).toBe(63);
    const mean = files.reduce((sum, { path }) => sum + path.length, 0) / files.length;
    expect(mean).toBeGreaterThan(38);
    expect(mean).toBeLessThan(50);
  });

  test("has sizes that are small in the middle and large in the mean, and names that fit a file system", () => {
    const sizes = files.map(({ size }) => size).toSorted((left, right) => left - right);
    expect(sizes[5000]).toBeGreaterThan(15_000);
    expect(sizes[5000]).toBeLessThan(25_000);
    expect(sizes.at(-1)).toBeGreaterThan(10_000_000);
    expect(Math.max(...files.flatMap(({ path }) => path.split("/").map((name) => name.length)))).toBeLessThan(
      256,
    );
  });
});
