import { describe, expect, test } from "vitest";
import { readNotes } from "../../src/tree/walk-notes.ts";

const fine = "status walk 0\nstatus order 0";
const complained = "status walk 1\nstatus order 0";

describe("places that could not be read", () => {
  test.each([
    ["find: './a b': Permission denied", "a b", "Permission denied"],
    [String.raw`find: './q\'x\ny\\\303\274': Input/output error`, "q'x\ny\\ü", "Input/output error"],
    ["find: ./plain: Permission denied", "plain", "Permission denied"],
    ["stat: can't stat './x: y': Input/output error", "x: y", "Input/output error"],
    ["find: '.': Input/output error", "", "Input/output error"],
  ])("%s", (line, path, reason) => {
    const { places, failure } = readNotes(Buffer.from(`${line}\n${complained}`, "utf8"));
    expect(failure).toBeUndefined();
    expect(places.map((place) => [place.path.toString(), place.reason])).toEqual([[path, reason]]);
  });
});

test("what vanished meanwhile is no error", () => {
  const notes = "find: './a': No such file or directory\nstat: can't stat './b': No such file or directory";
  expect(readNotes(Buffer.from(`${notes}\n${complained}`))).toEqual({ places: [], failure: undefined });
});

test("nothing said and nothing wrong is fine", () => {
  expect(readNotes(Buffer.from(fine))).toEqual({ places: [], failure: undefined });
});

describe("an answer that cannot be trusted", () => {
  test.each([
    ["without an exit code", "status order 0"],
    ["of a walk that was killed", "Killed\nstatus walk 137\nstatus order 0"],
    [
      "of a sort that ran out of room",
      "sort: write failed: /tmp/sortX: No space left on device\nstatus walk 0\nstatus order 2",
    ],
    ["of a look that failed", "status walk 0\nstatus describe 127\nstatus order 0"],
    ["with an error that names no place", `find: fts_read: Cannot allocate memory\n${complained}`],
    ["with half a name of two lines", `find: ./a\nb: Permission denied\n${complained}`],
    ["of a crash", `Traceback (most recent call last):\nMemoryError\n${complained}`],
  ])("%s", (_, notes) => {
    expect(readNotes(Buffer.from(notes)).failure).toBeDefined();
  });
});
