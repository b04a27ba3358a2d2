import { expect, test } from "vitest";
import { judgeKeys } from "../../src/engine/fleet-keys.ts";

const a = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
const e = "ECVHQZI7NLX3P6FBP2V7NDMEEHRFSH7LTFUNLITOBRS4BPK2BAGBTCMRTGQ";
const f = "FCVHQZI7NLX3P6FBP2V7NDMEEHRFSH7LT";

function judged(keys: Readonly<Record<string, string>>): string[] {
  return judgeKeys(new Map(Object.entries(keys))).map(({ node, kind, text }) => `${kind} ${node}: ${text}`);
}

test("one key for all homes, or keys that belong together, are fine", () => {
  expect(judged({ home: a, mom: a, grandma: a })).toEqual([]);
  expect(judged({ home: e, mom: f })).toEqual([]);
});

test("a home whose key is of another folder is told against the first that it clashes with", () => {
  expect(judged({ home: e, mom: f, grandma: a, aunt: f.replace(/T$/, "Q") })).toEqual([
    "problem grandma: would never sync with home: no A and E key are of one folder",
    "problem aunt: would never sync with home: the F key is not the one of that E key",
  ]);
});

test("a key that is none is told alone, and not compared", () => {
  expect(judged({ home: a.slice(1), mom: a })).toEqual([
    "problem home: holds a key of 32 characters: one that begins with B has 33",
  ]);
});
