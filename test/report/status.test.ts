import { describe, expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import type { Problem } from "../../src/health/problem.ts";
import type { Measurement } from "../../src/history/measurement.ts";
import { renderNotes } from "../../src/render/notes.ts";
import { renderTable } from "../../src/render/table.ts";
import { displayWidth } from "../../src/render/width.ts";
import { statusReport, type NodeStatus, type StatusResult } from "../../src/report/status.ts";
import { at, counts, GiB, healthy, inSync, laptopCounts } from "./measurements.ts";

const fleet: StatusResult = {
  at: at + 1500,
  reference: {
    name: "laptop",
    tree: "/home/ann/btsync",
    counted: { at, counts: laptopCounts },
    error: undefined,
    engine: undefined,
    problems: [],
  },
  nodes: [
    node("home", "ok", healthy()),
    node("mom", "behind", healthy({ counts: counts(297_000, 910 * GiB), load: [12.25, 1, 1] }), {
      problems: [
        { code: "W-BEHIND", message: "481 files fewer", try: "pimesh diff laptop mom", kind: "apart" },
      ],
    }),
    node("grandma", "unreachable", healthy({ at: at - 3.2 * 86_400_000 }), {
      error: new PimeshError("E-NO-ADDRESS-ANSWERS", "no address answers", { node: "grandma" }),
      problems: [
        {
          code: "E-NO-ADDRESS-ANSWERS",
          message: "no address answers",
          try: "pimesh status grandma",
          kind: "silent",
        },
      ],
    }),
  ],
};

const none = { files: 0, folders: 0, symlinks: 0, bytes: 0, deletes: 0 };

describe("the status table", () => {
  test("reads well at 80 columns", () => {
    expect(draw(fleet, 80)).toMatchInlineSnapshot(`
      "NODE     STATE          AGE    FILES     % ±FILES    BYTES     %   ±BYTES
      ─────────────────────────────────────────────────────────────────────────
      laptop   = reference    1 s  297,481     -      -  918 GiB     -        -
      home     ✓ ok           1 s  297,481  100%      0  918 GiB  100%        0
      mom      ↓ behind       1 s  297,000 99.8%   -481  910 GiB 99.1% -8.2 GiB
      grandma  ✗ unreachable  3 d  297,481  100%      0  918 GiB  100%        0

      NODE     DISK FREE   SD FREE   MEMORY    SWAP  LOAD  TEMP  ENGINE       UPTIME
      ──────────────────────────────────────────────────────────────────────────────
      home      50.0 GiB  17.2 GiB  312 MiB 439 MiB  0.23  48°C  on 83.1 MiB    17 d
      mom       50.0 GiB  17.2 GiB  312 MiB 439 MiB  12.3  48°C  on 83.1 MiB    17 d
      grandma   50.0 GiB  17.2 GiB        -       -     -     -  -                 -

      mom: 481 files fewer (W-BEHIND)
        try: pimesh diff laptop mom
      grandma: no address answers (E-NO-ADDRESS-ANSWERS)
        try: pimesh status grandma
      "
    `);
  });

  test("reads well at 140 columns", () => {
    expect(draw(fleet, 140)).toMatchInlineSnapshot(`
      "NODE     STATE          AGE    FILES     % ±FILES    BYTES     %   ±BYTES
      ─────────────────────────────────────────────────────────────────────────
      laptop   = reference    1 s  297,481     -      -  918 GiB     -        -
      home     ✓ ok           1 s  297,481  100%      0  918 GiB  100%        0
      mom      ↓ behind       1 s  297,000 99.8%   -481  910 GiB 99.1% -8.2 GiB
      grandma  ✗ unreachable  3 d  297,481  100%      0  918 GiB  100%        0

      NODE     DISK FREE   SD FREE   MEMORY    SWAP  LOAD  TEMP  ENGINE       UPTIME
      ──────────────────────────────────────────────────────────────────────────────
      home      50.0 GiB  17.2 GiB  312 MiB 439 MiB  0.23  48°C  on 83.1 MiB    17 d
      mom       50.0 GiB  17.2 GiB  312 MiB 439 MiB  12.3  48°C  on 83.1 MiB    17 d
      grandma   50.0 GiB  17.2 GiB        -       -     -     -  -                 -

      mom: 481 files fewer (W-BEHIND)
        try: pimesh diff laptop mom
      grandma: no address answers (E-NO-ADDRESS-ANSWERS)
        try: pimesh status grandma
      "
    `);
  });

  test("is one table with one word for each column where nobody looks", () => {
    const { columns, rows } = statusReport(fleet, "human");
    const text = renderTable(columns, rows, { decorated: false, colour: false, columns: undefined });
    expect(text).toMatchInlineSnapshot(`
      "NODE     STATE        AGE   FILES  FILES%  FILES-DIFF   BYTES  BYTES%  BYTES-DIFF  DISK-FREE  SD-FREE  MEMORY    SWAP  LOAD  TEMP  ENGINE      UPTIME
      laptop   reference     1s  297481       -           -  918GiB       -           -          -        -       -       -     -     -  -                -
      home     ok            1s  297481    100%           0  918GiB    100%           0    50.0GiB  17.2GiB  312MiB  439MiB  0.23  48°C  on,83.1MiB     17d
      mom      behind        1s  297000   99.8%        -481  910GiB   99.1%     -8.2GiB    50.0GiB  17.2GiB  312MiB  439MiB  12.3  48°C  on,83.1MiB     17d
      grandma  unreachable   3d  297481    100%           0  918GiB    100%           0    50.0GiB  17.2GiB       -       -     -     -  -                -
      "
    `);
    const fields = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/\s+/).length);
    expect(new Set(fields)).toEqual(new Set([columns.length]));
  });

  test("has exact numbers when they are asked for", () => {
    const { columns, rows } = statusReport(fleet, "exact");
    const mom = rows[2]?.map(({ text }) => text);
    expect(mom?.[columns.findIndex(({ title }) => title === "BYTES")]).toBe(String(910 * GiB));
    expect(mom?.[columns.findIndex(({ title }) => title === "±BYTES")]).toBe(
      String(910 * GiB - laptopCounts.bytes),
    );
  });

  test("of a silent node shows the last counts and their age, not how busy it was then", () => {
    const silent = cellsOf(fleet, "grandma");
    expect(silent).toMatchObject({
      AGE: "3 d",
      FILES: "297,481",
      LOAD: "-",
      ENGINE: "-",
      "DISK FREE": "50.0 GiB",
    });
  });

  test("of a node that never answered is its name and state", () => {
    const never = { ...fleet, nodes: [node("mom", "unreachable", undefined)] };
    expect(cellsOf(never, "mom")).toMatchObject({
      STATE: "✗ unreachable",
      AGE: "-",
      FILES: "-",
      UPTIME: "-",
    });
  });

  test("without a laptop to compare with shows the counts alone", () => {
    const refused = new PimeshError("E-LAPTOP-TREE", "the laptop's tree is not there");
    const alone = { ...fleet, reference: { ...fleet.reference, counted: undefined, error: refused } };
    expect(cellsOf(alone, "laptop")).toMatchObject({ STATE: "✗ not counted", FILES: "-" });
    expect(cellsOf(alone, "mom")).toMatchObject({ FILES: "297,000", "±FILES": "-" });
  });

  test("says how old the counts are where a node's own index has made them", () => {
    const nodes = [node("mom", "ok", healthy({ counted: { at: at - 2.5 * hour, by: "index" } }))];
    expect(cellsOf({ ...fleet, nodes }, "mom")).toMatchObject({ AGE: "2 h", FILES: "297,481" });
    const { rows, columns } = statusReport({ ...fleet, nodes }, "human");
    // It is not used when it is too old: no reason to warn
    expect(rows[1]?.[columns.findIndex(({ title }) => title === "AGE")]?.tone).toBeUndefined();
  });

  test("of a silent node is as old as its counts were already", () => {
    const counted = { at: at - 30 * hour, by: "index" } as const;
    const nodes = [node("mom", "unreachable", healthy({ at: at - 28 * hour, counted }))];
    expect(cellsOf({ ...fleet, nodes }, "mom")).toMatchObject({ AGE: "1 d" });
    expect(statusReport({ ...fleet, nodes }, "human").notes).not.toContainEqual(
      expect.objectContaining({ try: ["pimesh status --fresh"] }),
    );
  });

  test("marks a node that is throttled or short of power", () => {
    const power = { underVoltage: true, throttled: false, underVoltageSeen: true, throttledSeen: false };
    const weak = { ...fleet, nodes: [node("mom", "degraded", healthy({ power }))] };
    expect(cellsOf(weak, "mom")).toMatchObject({ TEMP: "48°C!" });
  });
});

test("the table stands at 80 columns whatever Syncthing says", () => {
  const lacks = {
    ...inSync(),
    inSync: false,
    state: "syncing" as const,
    need: { ...none, files: 12_345, bytes: 1.2 * GiB },
  };
  const nodes = [
    node("home", "ok", healthy({ sync: inSync() })),
    node("mom", "syncing", healthy({ sync: lacks })),
  ];
  const some = { ...fleet, nodes };
  expect(draw({ ...some, nodes: nodes.slice(0, 1) }, 80).split("\n\n")[1]).toMatchInlineSnapshot(`
    "NODE  DISK FREE   SD FREE   MEMORY    SWAP  LOAD  TEMP  ENGINE   UPTIME
    ───────────────────────────────────────────────────────────────────────
    home   50.0 GiB  17.2 GiB  312 MiB 439 MiB  0.23  48°C  in sync    17 d"
  `);
  expect(draw(some, 80).split("\n\n").slice(1, 3).join("\n\n")).toMatchInlineSnapshot(`
    "NODE  DISK FREE   SD FREE   MEMORY    SWAP  LOAD  TEMP  ENGINE
    ─────────────────────────────────────────────────────────────────────────────
    home   50.0 GiB  17.2 GiB  312 MiB 439 MiB  0.23  48°C  in sync
    mom    50.0 GiB  17.2 GiB  312 MiB 439 MiB  0.23  48°C  12,345 to get, 1.2GiB

    NODE  UPTIME
    ────────────
    home    17 d
    mom     17 d"
  `);
});

describe("below the table", () => {
  test("stands what is wrong, the same thing once, with what to try", () => {
    const both = {
      ...fleet,
      nodes: ["mom", "grandma"].map((name) =>
        node(name, "unreachable", undefined, {
          problems: [
            {
              code: "E-NO-ADDRESS-ANSWERS",
              message: "no address answers",
              try: `pimesh status ${name}`,
              kind: "silent",
            },
          ],
        }),
      ),
    };
    expect(statusReport(both, "human").notes).toEqual([
      {
        about: ["mom", "grandma"],
        text: "no address answers (E-NO-ADDRESS-ANSWERS)",
        try: ["pimesh status mom", "pimesh status grandma"],
        tone: "bad",
      },
    ]);
  });

  test("stands the cause on each node before what follows from it", () => {
    const old = problem("W-OLD-NUMBERS", "last answered 3 d ago");
    const nodes = [
      node("mom", "unreachable", undefined, { problems: [problem("E-AUTH-REFUSED", "not let in"), old] }),
      node("grandma", "unreachable", undefined, { problems: [problem("E-TIMED-OUT", "no answer"), old] }),
    ];
    expect(statusReport({ ...fleet, nodes }, "human").notes.map(({ about, text }) => [about, text])).toEqual([
      [["mom"], "not let in (E-AUTH-REFUSED)"],
      [["grandma"], "no answer (E-TIMED-OUT)"],
      [["mom", "grandma"], "last answered 3 d ago (W-OLD-NUMBERS)"],
    ]);
  });

  test("stands what a node held before its disk went away", () => {
    const gone = node("mom", "disk-absent", healthy({ counts: null }), {
      counted: { at: at - 86_400_000, counts: laptopCounts },
    });
    expect(statusReport({ ...fleet, nodes: [gone] }, "human").notes).toMatchObject([
      { about: ["mom"], text: "last counted 1 d ago: 297,481 files, 918 GiB" },
    ]);
  });

  test("stands what of the laptop could not be read", () => {
    const half = { at, counts: { ...laptopCounts, unreadable: 2 } };
    const report = statusReport(
      { ...fleet, nodes: [], reference: { ...fleet.reference, counted: half } },
      "human",
    );
    expect(report.notes).toMatchObject([
      { about: ["laptop"], text: expect.stringContaining("2 places") as string },
    ]);
    expect(report.exitCode).toBe(1);
  });

  test("stands once whose counts are their own index's, and how to have them counted now", () => {
    const nodes = [
      node("home", "ok", indexed(1)),
      node("mom", "ok", indexed(3)),
      node("seconds", "ok", indexed(0)),
      node("scanned", "ok", healthy()),
    ];
    expect(statusReport({ ...fleet, nodes }, "human").notes).toEqual([
      { about: [], text: "all 4 nodes hold what the laptop holds", try: [], tone: "good" },
      {
        about: ["home", "mom"],
        text: "counted by their own indexes, up to 3 h ago",
        try: ["pimesh status --fresh"],
        tone: "faint",
      },
    ]);
  });

  test("stands one good word when all is well", () => {
    const well = { ...fleet, nodes: [node("home", "ok", healthy()), node("mom", "ok", healthy())] };
    expect(statusReport(well, "human").notes).toMatchObject([
      { text: "all 2 nodes hold what the laptop holds", tone: "good" },
    ]);
  });
});

describe("the exit code", () => {
  const failed = new PimeshError("E-HOST-KEY-CHANGED", "x", { node: "mom" });
  const silent = new PimeshError("E-NO-ADDRESS-ANSWERS", "x", { node: "mom" });
  const refused = new PimeshError("E-LAPTOP-TREE", "x");
  const ok = node("home", "ok", healthy());
  test.each<[string, number, readonly NodeStatus[], PimeshError | undefined]>([
    ["all well", 0, [ok], undefined],
    ["no nodes", 0, [], undefined],
    ["one behind", 1, [ok, node("mom", "behind", healthy())], undefined],
    ["one still syncing", 1, [node("mom", "syncing", healthy())], undefined],
    [
      "one silent",
      4,
      [node("mom", "unreachable", undefined, { error: silent }), node("a", "behind", healthy())],
      undefined,
    ],
    [
      "one failed",
      3,
      [
        node("mom", "unreachable", undefined, { error: failed }),
        node("a", "unreachable", undefined, { error: silent }),
      ],
      undefined,
    ],
    ["the laptop's tree refused", 5, [node("mom", "unreachable", undefined, { error: failed })], refused],
  ])("%s", (_, code, nodes, error) => {
    const result = { ...fleet, nodes, reference: { ...fleet.reference, error } };
    expect(statusReport(result, "human").exitCode).toBe(code);
  });
});

const hour = 3_600_000;

/** Counted by its own index, so many hours ago. */
function indexed(hours: number): Measurement {
  return healthy({ counted: { at: at - hours * hour, by: "index" } });
}

function node(
  name: string,
  state: NodeStatus["state"],
  measurement: Measurement | undefined,
  changes: Partial<NodeStatus> = {},
): NodeStatus {
  const counted =
    measurement === undefined || measurement.counts === null
      ? undefined
      : { at: measurement.at, counts: measurement.counts };
  return { name, state, measurement, counted, problems: [], error: undefined, ...changes };
}

function draw(result: StatusResult, width: number): string {
  const { columns, rows, notes } = statusReport(result, "human");
  const shape = { decorated: true, colour: false, columns: width };
  const text = `${renderTable(columns, rows, shape)}\n${renderNotes(notes, shape)}`;
  for (const line of text.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  return text;
}

function cellsOf(result: StatusResult, name: string): Record<string, string | undefined> {
  const { columns, rows } = statusReport(result, "human");
  const row = rows.find((cells) => cells[0]?.text === name);
  return Object.fromEntries(columns.map(({ title }, index) => [title, row?.[index]?.text]));
}

function problem(code: string, message: string): Problem {
  return { code, message, try: "pimesh check", kind: "silent" };
}
