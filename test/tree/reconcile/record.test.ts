import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../../src/tree/entry.ts";
import { longestRecord, sameRecord, writeRecord } from "../../../src/tree/reconcile/record.ts";
import { entry } from "../../support/random-entries.ts";

const path = Buffer.from("a/b/\n");

test.each<[string, Entry, boolean, string]>([
  ["a file", { path, kind: "file", size: 258, mtime: 2 }, true, "66 0000000000000102 0000000000000002 0a"],
  ["a file without its time", { path, kind: "file", size: 258, mtime: 2 }, false, "66 0000000000000102 0a"],
  [
    "a file of more than 4 GiB",
    { path, kind: "file", size: 2 ** 33 + 1, mtime: 0 },
    false,
    "66 0000000200000001 0a",
  ],
  [
    "a file of before 1970",
    { path, kind: "file", size: 0, mtime: -2 },
    true,
    "66 0000000000000000 fffffffffffffffe 0a",
  ],
  ["a folder", { path, kind: "folder", size: 0, mtime: 9 }, true, "64 0a"],
  ["a special file", { path, kind: "special", size: 0, mtime: 9 }, true, "73 0a"],
  [
    "a symlink",
    { path, kind: "symlink", size: 0, mtime: 9, target: Buffer.from("..") },
    true,
    "6c 00000002 2e2e 0a",
  ],
])("the record of %s", (_, given, times, expected) => {
  expect(bytes(given, times).toString("hex")).toBe(expected.replaceAll(" ", ""));
});

test("two entries of one path are the same exactly when their records are", () => {
  fc.assert(
    fc.property(entry, entry, fc.boolean(), (one, other, times) => {
      const moved = { ...other, path: one.path };
      expect(sameRecord(one, moved, times)).toBe(bytes(one, times).equals(bytes(moved, times)));
    }),
  );
});

function bytes(of: Entry, times: boolean): Buffer {
  const room = Buffer.alloc(longestRecord(of) + 3);
  return room.subarray(3, writeRecord(room, 3, of, times));
}
