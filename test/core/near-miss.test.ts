import { expect, test } from "vitest";
import { didYouMean, nearMiss } from "../../src/core/near-miss.ts";

const keys = ["address", "engine", "folders", "home", "mom", "grandma"];

test.each([
  ["adress", "address"],
  ["foldres", "folders"],
  ["Engine", "engine"],
  ["granma", "grandma"],
  ["mum", "mom"],
  ["x", undefined],
  ["zebra", undefined],
])("%s is taken for %s", (word, expected) => {
  expect(nearMiss(word, keys)).toBe(expected);
});

test("nothing is suggested where nothing is near", () => {
  expect(didYouMean("zebra", keys)).toBe("");
  expect(didYouMean("hmoe", keys)).toBe(" (did you mean home?)");
});
