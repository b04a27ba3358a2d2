import { expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import { silentProblems } from "../../src/health/silent-problems.ts";
import { inSync } from "../report/measurements.ts";

const noAnswer = new PimeshError("E-NO-ADDRESS-ANSWERS", "no address answers", { node: "mom" });
const changed = new PimeshError("E-HOST-KEY-CHANGED", "its host key changed", {
  node: "mom",
  hint: "pimesh trust mom --replace",
});
const now = Date.UTC(2026, 10, 24, 18);

test("a silent node is told with the time of its last answer", () => {
  expect(silentProblems("mom", noAnswer, now, { at: now - 76 * 3_600_000 })).toEqual([
    { code: "E-NO-ADDRESS-ANSWERS", message: "no address answers", try: "pimesh status mom", kind: "silent" },
    {
      code: "W-OLD-NUMBERS",
      message: "last answered 3 d 4 h ago (2026-11-21 14:00 UTC): the numbers are of that time",
      try: "pimesh status mom",
      kind: "silent",
    },
  ]);
});

test.each([
  ["was in sync", inSync(), "; it was in sync then"],
  [
    "was not in sync",
    { ...inSync(), inSync: false, why: "42 items are still to come or to go" },
    "; it was not in sync then: 42 items are still to come or to go",
  ],
  ["was no Syncthing of ours", { kind: "none" as const }, ""],
])("a silent node that %s when it last answered is told as such", (_, sync, words) => {
  const [, old] = silentProblems("mom", noAnswer, now, { at: now - 60_000, sync });
  expect(old?.message.split("of that time")[1]).toBe(words);
});

test("a node that never answered is told as such", () => {
  expect(silentProblems("mom", noAnswer, now, undefined).map(({ code }) => code)).toEqual([
    "E-NO-ADDRESS-ANSWERS",
    "W-NEVER-SEEN",
  ]);
});

test("a node whose host key is refused has answered, and that is all that is said of it", () => {
  expect(silentProblems("mom", changed, now, undefined)).toEqual([
    {
      code: "E-HOST-KEY-CHANGED",
      message: "it answered, but its host key is not trusted: its host key changed",
      try: "pimesh trust mom --replace",
      kind: "silent",
    },
  ]);
});

test("a refused key of the jump host is not the node's answer", () => {
  const jump = new PimeshError("E-HOST-KEY-UNKNOWN", "its jump host home: the host key is not known yet");
  expect(silentProblems("mom", jump, now, undefined)[0]?.message).toBe(jump.message);
});

test("the error's own hint is what to try", () => {
  expect(silentProblems("mom", changed, now, undefined)[0]?.try).toBe("pimesh trust mom --replace");
});
