import { describe, expect, test } from "vitest";
import type { Answer } from "../../src/core/answer.ts";
import type { FullSummary, IndexSummary } from "../../src/facts/index-summary.ts";
import { indexVerdict, type IndexWanted } from "../../src/health/index-verdict.ts";

const now = 1_795_590_000;
const hour = 3600;

const wanted: IndexWanted = {
  promised: true,
  uuid: "2f6c1c8e-0000-4000-8000-000000000001",
  tree: "/media/btsync/btsync",
  rules: "5f2b",
  now,
};

function summary(changes: Partial<FullSummary> = {}): Answer<IndexSummary> {
  return {
    kind: "value",
    value: {
      schemaVersion: 2,
      at: now - hour,
      seconds: 75,
      interval: 3 * hour,
      uuid: "2f6c1c8e-0000-4000-8000-000000000001",
      tree: "/media/btsync/btsync",
      rules: "5f2b",
      files: 297_481,
      bytes: 801_238_475_632,
      folders: 21_004,
      symlinks: 3,
      specials: 0,
      inFlight: 1,
      unreadable: 2,
      newest: 1_763_900_000,
      ...changes,
    },
  };
}

describe("the index of a node", () => {
  test("stands for a count of the time when it was made", () => {
    expect(indexVerdict(summary(), wanted)).toEqual({
      kind: "good",
      age: hour,
      counts: {
        files: 297_481,
        bytes: 801_238_475_632,
        folders: 21_004,
        symlinks: 3,
        specials: 0,
        inFlight: 1,
        unreadable: 2,
        newest: 1_763_900_000,
      },
    });
  });

  test.each<[string, Answer<IndexSummary>, Partial<IndexWanted>, string, string | undefined]>([
    ["that was never asked for", { kind: "absent" }, { promised: false }, "none", undefined],
    ["that is still to come", { kind: "absent" }, {}, "missing", "is not made yet"],
    ["just before it is too old", summary({ at: now - 6 * hour }), {}, "good", undefined],
    ["that has missed its turn twice", summary({ at: now - 6 * hour - 1 }), {}, "stale", "is 6 h old"],
    [
      "that nobody keeps since python3 has gone",
      summary({ at: now - 60 * hour }),
      { promised: false },
      "none",
      undefined,
    ],
    ["of a node whose clock is set back a little", summary({ at: now + 60 }), {}, "good", undefined],
    [
      "of a node whose clock has started anew",
      summary({ at: now + 40 * hour }),
      {},
      "stale",
      "is 1 d 16 h ahead of the node's clock",
    ],
    [
      "of a node without the time",
      summary(),
      { now: undefined },
      "stale",
      "may be of any time: the node does not say how late it is",
    ],
    [
      "that came along with a copied disk",
      summary({ uuid: "0-1" }),
      {},
      "foreign",
      "is of another disk (0-1)",
    ],
    [
      "on a disk that cannot be told",
      summary(),
      { uuid: null },
      "foreign",
      "is of another disk (2f6c1c8e-0000-4000-8000-000000000001)",
    ],
    [
      "whose disk is called in capitals",
      summary(),
      { uuid: "2F6C1C8E-0000-4000-8000-000000000001" },
      "good",
      undefined,
    ],
    [
      "of another folder",
      summary({ tree: "/media/btsync/old" }),
      {},
      "foreign",
      "is of another folder (/media/btsync/old)",
    ],
    ["of other rules", summary({ rules: "0" }), {}, "foreign", "was made by other ignore rules"],
    [
      "of version 1",
      { kind: "value", value: { schemaVersion: 1, at: now, files: 1, bytes: 1 } },
      {},
      "foreign",
      "does not say of which disk it is: an older pimesh has made it",
    ],
    ["without a word", { kind: "empty" }, {}, "damaged", "cannot be read (it is empty)"],
    [
      "cut in two",
      { kind: "failed", reason: "not JSON" },
      { promised: false },
      "damaged",
      "cannot be read (not JSON)",
    ],
  ])("%s is judged for what it is", (_, answer, changes, kind, why) => {
    expect(indexVerdict(answer, { ...wanted, ...changes })).toMatchObject({
      kind,
      ...(why === undefined ? {} : { why }),
    });
  });

  test("is never younger than now", () => {
    expect(indexVerdict(summary({ at: now + 5 }), wanted)).toMatchObject({ kind: "good", age: 0 });
  });
});
