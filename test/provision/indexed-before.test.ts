import { expect, test } from "vitest";
import { indexedBefore } from "../../src/provision/indexed-before.ts";

const wanted = { uuid: "1111-2222", tree: "/media/btsync/btsync", rules: "abc" };
const summary = {
  schemaVersion: 2,
  at: 1,
  seconds: 2,
  interval: 3600,
  ...wanted,
  files: 12,
  bytes: 34,
  folders: 5,
  symlinks: 0,
  specials: 0,
  inFlight: 0,
  unreadable: 0,
  newest: null,
} as const;

test("an index remembers its tree, however old it is", () => {
  expect(indexedBefore(summary, wanted)).toEqual({ files: 12, bytes: 34, by: "index" });
});

test.each([
  ["there is none", undefined],
  ["it does not say of which disk it is", { schemaVersion: 1, at: 1, files: 12, bytes: 34 } as const],
  ["it is of another disk", { ...summary, uuid: "3333-4444" }],
  ["it is of another folder", { ...summary, tree: "/media/btsync/other" }],
  ["it was counted by other rules", { ...summary, rules: "def" }],
])("it remembers nothing where %s", (_, index) => {
  expect(indexedBefore(index, wanted)).toBeUndefined();
});
