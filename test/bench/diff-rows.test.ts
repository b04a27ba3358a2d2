import { describe, expect, test } from "vitest";
import type { Cost } from "./cost.ts";
import { costRow, diffRows, wall } from "./diff-rows.ts";
import { growthRows } from "./growth-rows.ts";
import type { DiffMeasured } from "./measure-diff.ts";
import { verdict } from "./row.ts";

const megabyte = 1_000_000;

function cost(
  parts: { wall?: number; bytes?: number; peak?: number; farPeak?: number; farCpu?: number } = {},
): Cost {
  const {
    wall: seconds = 1,
    bytes = 20_000,
    peak = 90 * megabyte,
    farPeak = 30 * megabyte,
    farCpu = 1,
  } = parts;
  return {
    wall: seconds,
    cpu: seconds,
    peak: { value: peak },
    far: { cpu: farCpu, peak: { value: farPeak } },
    traffic: { total: bytes, up: bytes / 2, down: bytes / 2 },
    code: 0,
    stdout: Buffer.alloc(0),
    stderr: "",
  };
}

function measured(parts: Partial<DiffMeasured> = {}): DiffMeasured {
  return {
    files: 297_481,
    differences: 10,
    ours: [cost({ wall: 1.4 })],
    kept: cost({ bytes: 15_000 }),
    theirs: { rsync: [cost({ bytes: 7_800_000 })] },
    floor: [cost()],
    farFind: [cost({ farCpu: 0.9 })],
    mistakes: { pimesh: 0, rsync: 0, rclone: 4 },
    roundTrips: 3,
    ...parts,
  };
}

const context = { bare: [cost({ bytes: 10_200 })], script: 5000, unjudged: undefined };

function verdicts(rows: ReturnType<typeof diffRows>): Record<string, string> {
  return Object.fromEntries(rows.map((row) => [row.work.replace(/^.*?: /, ""), verdict(row)]));
}

describe("the rows of a comparison", () => {
  test("are judged by the targets of its number of differences", () => {
    expect(verdicts(diffRows(measured(), context))).toEqual({
      "bytes on the wire, all in": "met",
      "bytes on the wire, to a provisioned Pi": "met",
      "false and missed differences": "met",
      "round trips after the handshake": "met",
      "wall time, local line": "met",
      "laptop's CPU": "–",
      "laptop's peak memory": "–",
      "far end's CPU": "met",
      "far end's peak memory": "met",
    });
  });

  test("without a difference allow the bare connection, the program and 1 KB", () => {
    const said = [16_200, 16_201].map((bytes) => {
      const rows = diffRows(measured({ differences: 0, ours: [cost({ bytes })] }), context);
      return verdicts(rows)["bytes on the wire, all in"];
    });
    expect(said).toEqual(["met", "**missed**"]);
  });

  test("of a million files allow the far end more memory", () => {
    const ours = [cost({ farPeak: 100 * megabyte })];
    const of = (files: number): string | undefined =>
      verdicts(diffRows(measured({ files, ours }), context))["far end's peak memory"];
    expect([of(297_481), of(1_000_000)]).toEqual(["**missed**", "met"]);
  });

  test("of a small tree are not judged by time and memory", () => {
    const rows = verdicts(diffRows(measured(), { ...context, unjudged: "smaller tree" }));
    expect(rows).toMatchObject({
      "wall time, local line": "smaller tree",
      "bytes on the wire, all in": "met",
    });
  });

  test("one false difference misses the target", () => {
    const mistakes = { pimesh: 1 };
    expect(verdicts(diffRows(measured({ mistakes }), context))["false and missed differences"]).toBe(
      "**missed**",
    );
  });
});

test("a row's ratio is that of its rounds, not of its medians", () => {
  const [ours, find] = [
    [1, 4, 9],
    [1, 8, 3],
  ].map((walls) => walls.map((seconds) => cost({ wall: seconds }))) as [Cost[], Cost[]];
  const row = costRow("diff", "seconds", { ours, theirs: { find } }, wall);
  expect(row).toMatchObject({ ours: { value: 4 }, theirs: { find: { value: 3 } }, ratios: { find: 1 } });
});

describe("growth", () => {
  const small = measured({
    files: 100_000,
    ours: [cost({ wall: 1, bytes: 20_000, farPeak: 10 * megabyte })],
  });

  test("is constant on the wire, and linear in time and memory", () => {
    const ours = [cost({ wall: 10, bytes: 21_000, farPeak: 100 * megabyte })];
    const rows = growthRows(small, measured({ files: 1_000_000, ours }), undefined);
    expect(rows.map(({ ours: value }) => value?.value)).toEqual([1.05, 1, 1, 0.1]);
    expect(rows.map(verdict)).toEqual(["met", "met", "met", "met"]);
  });

  test("of a list that holds every file is not constant", () => {
    const rows = growthRows(
      small,
      measured({ files: 1_000_000, ours: [cost({ bytes: 200_000 })] }),
      undefined,
    );
    expect(rows.map(verdict)[0]).toBe("**missed**");
  });
});
