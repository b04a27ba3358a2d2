import { expect, test } from "vitest";
import { verdictOfName } from "../../src/engine/artefacts.ts";

test.each([
  [".SyncID", "root", "other", "never"],
  [".sync", "root", "folder", "never"],
  [".stfolder.removed-20260101-000000", "root", "folder", "never"],
  [".stversions", "root", "folder", "never"],
  [".stversions", "below", "folder", "counts"],
  [".stignore", "below", "other", "counts"],
  [".stfolder", "root", "folder", "never"],
  [".syncthing.x.tmp", "below", "other", "in-flight"],
  ["~syncthing~y.tmp", "below", "other", "in-flight"],
  ["x.sync-conflict-20260101-010101-ABCDEFG.txt", "below", "other", "counts"],
  ["movie.mkv.!sync", "below", "other", "in-flight"],
  ["movie.mkv.!Sync", "root", "other", "in-flight"],
  ["x.SyncPart", "below", "other", "in-flight"],
  [".syncthing.movie.mkv.tmp", "below", "other", "in-flight"],
  [".syncthing.old.bts", "below", "other", "in-flight"],
  ["~syncthing~movie.mkv.tmp", "below", "other", "in-flight"],
  [".syncthing.dir", "below", "folder", "never"],
  ["x.SYNCOLD", "below", "other", "never"],
  ["x.rsls", "below", "other", "never"],
  ["holidays.bts", "below", "folder", "counts"],
  ["a.sync-conflict-20260101-010101-ABCDEFG.txt", "below", "other", "counts"],
  ["photo.jpg", "root", "other", "counts"],
] as const)("%j at %s as %s: %s", (name, at, kind, verdict) => {
  expect(verdictOfName(name, at, kind)).toBe(verdict);
});

test("case is folded for ASCII alone", () => {
  // Byte 0xd3 is a letter in latin1 and half a character in UTF-8.
  expect(verdictOfName("\xd3.!SYNC", "root", "other")).toBe("in-flight");
  expect(verdictOfName(".!s\xddnc", "root", "other")).toBe("counts");
});
