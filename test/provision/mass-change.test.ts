import { expect, test } from "vitest";
import { guardMassChange } from "../../src/provision/mass-change.ts";

const held = (files: number) => ({ files, bytes: files * 500_000, by: "look" as const });

test.each([
  ["nothing is gone", 20_000, 20_000],
  ["files have come", 20_000, 25_000],
  ["less than a tenth is gone", 500, 451],
  ["a tenth of a small tree is gone", 50, 45],
])("the brake stays off when %s", (_, before, now) => {
  expect(() => guardMassChange("mom", held(before), held(now))).not.toThrow();
});

test.each([
  ["the tree is empty", 20_000, 0],
  ["more than a tenth of a small tree is gone", 50, 44],
  ["more than 1,000 files of a large tree are gone", 300_000, 298_999],
])("the brake comes on when %s", (_, before, now) => {
  expect(() => guardMassChange("mom", held(before), held(now))).toThrow(
    expect.objectContaining({ code: "E-MASS-CHANGE", node: "mom", exitCode: 5 }),
  );
});

test.each([
  ["look", "mom", "6 of 50 files are gone since the last look (23.8 MiB then, 21.0 MiB now)"],
  [
    "engine",
    "mom",
    "6 of 50 files are gone that its Syncthing remembers (23.8 MiB in its database, 21.0 MiB now)",
  ],
  ["index", "mom", "6 of 50 files are gone since its own index was made (23.8 MiB then, 21.0 MiB now)"],
] as const)("who remembers is said: its %s", (by, node, words) => {
  expect(() => guardMassChange(node, { ...held(50), by }, held(44), "marker")).toThrow(words);
});

test("on the laptop the way out is no diff with itself", () => {
  expect(() => guardMassChange("laptop", held(50), held(4), "marker")).toThrow(
    expect.objectContaining({
      hint: "see what is missing: pimesh status; if it is meant so: pimesh provision --all --accept-mass-change",
    }),
  );
});
