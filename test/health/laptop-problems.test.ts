import { describe, expect, test } from "vitest";
import { laptopProblems, type LaptopEngine } from "../../src/health/laptop-problems.ts";
import { at, inSync, peer } from "../report/measurements.ts";

const about = { promised: true, tree: "/home/ann/btsync", pausedByUs: false, now: at };
const running: LaptopEngine = { runs: "yes", sync: inSync(), ignore: undefined };

test("a laptop in sync has none", () => {
  expect(laptopProblems(running, about)).toEqual([]);
});

describe("a Syncthing that does not run", () => {
  test.each([
    ["absent", "syncthing"],
    ["stopped", "systemctl --user start syncthing"],
  ] as const)("keeps what changes here from the other homes: %s", (runs, command) => {
    expect(laptopProblems({ runs, sync: undefined, ignore: undefined }, about)).toMatchObject([
      { code: "W-ENGINE-STOPPED", try: command, kind: "degraded" },
    ]);
  });

  test("is only told where the inventory does not promise it", () => {
    const stopped = { runs: "stopped", sync: undefined, ignore: undefined } as const;
    expect(laptopProblems(stopped, { ...about, promised: false })).toMatchObject([{ kind: "aside" }]);
  });
});

test("one that is alone is told with a command that works on the laptop", () => {
  const sync = { ...inSync(), inSync: false, peers: [peer("mom", { reach: "none", lastSeen: at - 60_000 })] };
  expect(laptopProblems({ ...running, sync }, about)).toMatchObject([
    { code: "W-SYNC-ALONE", try: "systemctl --user status syncthing" },
  ]);
});

test("one that a provision has left paused names the provision that resumes it", () => {
  const sync = { ...inSync(), inSync: false, state: "paused" as const };
  expect(laptopProblems({ ...running, sync }, { ...about, pausedByUs: true })).toMatchObject([
    { code: "W-SYNC-PAUSED", try: "pimesh provision --all" },
  ]);
});

test("one that does not answer is told in its words", () => {
  const sync = { kind: "silent", code: "E-TIMED-OUT", why: "no answer within 30 s", hint: null } as const;
  expect(laptopProblems({ ...running, sync }, about)).toMatchObject([
    { code: "W-SYNC-SILENT", message: expect.stringContaining("no answer within 30 s") as string },
  ]);
});

test("rules that lack what the inventory says, and rules of its own", () => {
  const ignore = { missing: ["Thumbs.db"], more: ["*.iso"] };
  expect(laptopProblems({ ...running, ignore }, about)).toMatchObject([
    {
      code: "W-IGNORE-MISSING",
      message: "the ignore rules of Syncthing here lack what the inventory says: Thumbs.db",
      try: "pimesh provision --all --dry-run",
      kind: "degraded",
    },
    { code: "W-IGNORE-MORE", try: "cat /home/ann/btsync/.stignore", kind: "aside" },
  ]);
});
