import { expect, test } from "vitest";
import { guardMassChange } from "../../src/provision/mass-change.ts";

const held = (files: number) => ({ files, bytes: files * 500_000 });

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
