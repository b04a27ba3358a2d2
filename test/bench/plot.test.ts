import { describe, expect, test } from "vitest";
import { apart, plotSvg, type Plot } from "./plot.ts";

const plot: Plot = {
  title: "Bytes <on> the wire",
  about: "2 cores & a disk",
  x: { label: "differences", unit: "count" },
  y: { label: "bytes", unit: "bytes" },
  series: [
    {
      name: "pimesh",
      points: [
        [10, 12_000],
        [1000, 80_000],
      ],
    },
    {
      name: "rsync",
      points: [
        [10, 7_800_000],
        [1000, 7_800_000],
      ],
    },
    { name: "rclone", points: [] },
  ],
};

describe("a plot", () => {
  const svg = plotSvg(plot);

  test("has a line and a mark a point for each series that has points", () => {
    expect(svg.match(/<polyline/g)?.length).toBe(2);
    expect(svg.match(/<circle/g)?.length).toBe(4);
    expect(svg).toContain(">rsync</text>");
    expect(svg).not.toContain("rclone");
  });

  test("names both axes and their powers of ten", () => {
    for (const text of ["differences", "bytes", "10", "100", "1,000", "10 KB", "100 KB", "1 MB", "10 MB"]) {
      expect(svg).toContain(`>${text}</text>`);
    }
  });

  test("puts ten times as much as far along anywhere", () => {
    const [, first, second] = /points="([\d.]+),[\d.]+ ([\d.]+),[\d.]+"/.exec(svg) ?? [];
    const three = plotSvg({
      ...plot,
      series: [
        {
          name: "a",
          points: [
            [10, 1],
            [100, 1],
            [1000, 1],
          ],
        },
      ],
    });
    const middle = /points="[\d.]+,[\d.]+ ([\d.]+),/.exec(three)?.[1];
    expect(Number(middle)).toBe((Number(first) + Number(second)) / 2);
  });

  test("is safe from what its texts hold", () => {
    expect(svg).toContain("Bytes &lt;on> the wire");
    expect(svg).toContain("2 cores &amp; a disk");
  });

  test("of nothing says so", () => {
    expect(plotSvg({ ...plot, series: [] })).toContain("nothing measured");
  });
});

test("names that would lie upon each other are moved apart in the order of their lines", () => {
  expect(apart([100, 102, 300, 90], 15)).toEqual([105, 120, 300, 90]);
});
