import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/folder.ts";
import { differencesOf, planChanges } from "./differences.ts";
import { treeShape } from "./tree-shape.ts";
import { applyChanges, writeTree } from "./write-tree.ts";

test("two copies differ in the planned places and nowhere else, and their sizes take no room", async () => {
  const folder = temporaryFolder();
  const [left, right] = [join(folder, "left"), join(folder, "right")];
  const files = [...treeShape(300, 1)];
  await writeTree([left, right], files);
  expect(listOf(left)).toEqual(listOf(right));
  expect(listOf(left).size).toBe(300);
  expect(blocksOf(left)).toBe(0);

  const changes = planChanges(files, 20, 1);
  applyChanges(right, changes.slice(0, 9));
  applyChanges(right, changes.slice(9));
  expect(differencesBetween(listOf(left), listOf(right))).toEqual(differencesOf(changes));
});

/** What find says of each file, names in latin1. */
function find(folder: string, what: string): Map<string, string> {
  const said = execFileSync("find", [folder, "-type", "f", "-printf", String.raw`%P\1${what}\0`]).toString(
    "latin1",
  );
  return new Map(
    said
      .split("\0")
      .filter(Boolean)
      .map((record) => record.split("\x01") as [string, string]),
  );
}

function listOf(folder: string): Map<string, string> {
  return find(folder, "%s %T@");
}

function blocksOf(folder: string): number {
  return [...find(folder, "%b").values()].reduce((sum, blocks) => sum + Number(blocks), 0);
}

function differencesBetween(left: Map<string, string>, right: Map<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const [path, what] of left) {
    if (!right.has(path)) found.set(path, "only-left");
    else if (right.get(path) !== what) found.set(path, "differs");
  }
  for (const path of right.keys()) if (!left.has(path)) found.set(path, "only-right");
  return found;
}
