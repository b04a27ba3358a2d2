import { expect, test } from "vitest";
import { judge } from "../../src/health/problems.ts";
import { subjectOf } from "./subject.ts";
import { healthy } from "../report/measurements.ts";

test("rules that lack what the inventory says degrade the home, and are mended by provision", () => {
  const ignore = { more: [], missing: ["Thumbs.db", ".DS_Store"] };
  expect(judge(subjectOf(healthy({ ignore })))).toMatchObject({
    state: "degraded",
    problems: [
      {
        code: "W-IGNORE-MISSING",
        message: "the ignore rules of Syncthing there lack what the inventory says: Thumbs.db, .DS_Store",
        try: "pimesh provision mom --only ignore --dry-run",
      },
    ],
  });
});

test("rules of a home's own are told, the first of them by name, and leave it as well as it is", () => {
  const ignore = { more: ["*.iso", "/movies", "*.tmp", "*.bak", "*~"], missing: [] };
  expect(judge(subjectOf(healthy({ ignore })))).toMatchObject({
    state: "ok",
    problems: [
      {
        code: "W-IGNORE-MORE",
        message:
          "the ignore rules of Syncthing there have more than the inventory says: *.iso, /movies, *.tmp and 2 more; what they hide does not come to this home, nor from it",
        try: "ssh pi@mom cat /media/btsync/btsync/.stignore",
      },
    ],
  });
});

test.each([
  ["before the set-up", { provisioned: null }, {}],
  ["of a disk that is away", { disk: { ...healthy().disk, state: "absent" as const } }, {}],
  ["without an engine", {}, { wanted: { swap: false as const, engine: false as const } }],
  ["without the tree", { counts: null }, { countError: { code: "E-TREE-ABSENT", message: "x" } }],
])("%s rules are no news", (_, measured, changes) => {
  const ignore = { more: ["a"], missing: ["b"] };
  const { problems } = judge(subjectOf(healthy({ ignore, ...measured }), changes));
  expect(problems.map(({ code }) => code).filter((code) => code.startsWith("W-IGNORE"))).toEqual([]);
});
