import { describe, expect, test } from "vitest";
import { ratioTo, rival, verdict, type Row } from "./row.ts";

const row: Row = {
  work: "diff",
  unit: "bytes",
  ours: { value: 20 },
  theirs: { rsync: { value: 400 }, "find+zstd": { value: 100 } },
};

describe("verdict", () => {
  test.each<[string, Partial<Row>, string]>([
    ["nothing to reach", {}, "–"],
    ["nothing measured", { ours: undefined, target: { text: "", limit: 1 } }, "–"],
    ["more than the limit", { target: { text: "", limit: 19 } }, "**missed**"],
    ["the limit itself", { target: { text: "", limit: 20 } }, "met"],
    ["between the limit and its stretch", { target: { text: "", limit: 30, better: 19 } }, "met"],
    ["the stretch reached", { target: { text: "", limit: 30, better: 20 } }, "better"],
    ["a fifth of a peer", { target: { text: "", limit: 0.2, of: "find+zstd" } }, "met"],
    ["a peer that is not there", { target: { text: "", limit: 0.2, of: "pssh" } }, "–"],
    [
      "a peer measured side by side",
      { ratios: { rsync: 2 }, target: { text: "", limit: 1, of: "rsync" } },
      "**missed**",
    ],
    [
      "a tree that is too small to judge",
      { target: { text: "", limit: 1, unjudged: "smaller tree" } },
      "smaller tree",
    ],
  ])("of %s", (_, parts, expected) => {
    expect(verdict({ ...row, ...parts })).toBe(expected);
  });
});

describe("the ratio", () => {
  test("is to the best peer, or to the one that the target names", () => {
    expect(rival(row)).toBe("find+zstd");
    expect(rival({ ...row, target: { text: "", limit: 1, of: "rsync" } })).toBe("rsync");
    expect(rival({ ...row, theirs: { ssh: { value: 10 } } })).toBeUndefined();
  });

  test("is that of the rounds where there is one, else that of the values", () => {
    expect(ratioTo(row, "rsync")).toBe(0.05);
    expect(ratioTo({ ...row, ratios: { rsync: 0.04 } }, "rsync")).toBe(0.04);
    expect(ratioTo(row, "rclone")).toBeUndefined();
  });
});
