import { expect, test } from "vitest";
import { conflictCopyOf } from "../../src/engine/conflict-copy.ts";

test.each([
  ["a.sync-conflict-20260102-030405-ABCDEFG.txt", "a.txt"],
  ["no extension.sync-conflict-20260102-030405-ABCDEFG", "no extension"],
  [".sync-conflict-20260102-030405-ABCDEFG.hidden", ".hidden"],
  // A copy in conflict again
  [
    "a.sync-conflict-20250101-010101-7654321.sync-conflict-20260102-030405-ABCDEFG.txt",
    "a.sync-conflict-20250101-010101-7654321.txt",
  ],
  ["\xff\n.sync-conflict-20260102-030405-ABCDEFG.\xfe", "\xff\n.\xfe"],
])("%j is a copy of %j", (name, original) => {
  expect(conflictCopyOf(name)).toEqual({ original, at: "2026-01-02 03:04", device: "ABCDEFG" });
});

test.each([
  "sync-conflict.txt",
  "a.sync-conflict-20260102-030405.txt",
  "a.sync-conflict-20260102-030405-ABCDEFGH.txt",
  "a.sync-conflict-20260102-030405-ABCDEF1.txt",
  "a.sync-conflict-2026-01-02-ABCDEFG.txt",
])("%j is none", (name) => {
  expect(conflictCopyOf(name)).toBeUndefined();
});
