import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cost } from "./cost.ts";
import { medianValue, total, wall } from "./diff-rows.ts";
import type { DiffMeasured } from "./measure-diff.ts";
import { formatValue } from "./numbers.ts";
import { plotSvg, type Plot, type Series } from "./plot.ts";
import { peers, type Value } from "./row.ts";
import { peakValue } from "./statistics.ts";

/** The plots of what was measured, by file name; `about` stands under each title. */
export function plotsOf(
  measured: readonly DiffMeasured[],
  main: number,
  about: string,
): Readonly<Record<string, string>> {
  const differing = measured.filter(({ files, differences }) => files === main && differences > 0);
  const sizes = measured.filter(({ differences }) => differences === 10);
  const bySize = { label: "files in the tree (10 differences)", unit: "count" } as const;
  const draw = (plot: Omit<Plot, "about">): string => plotSvg({ ...plot, about });
  return {
    "wire-by-differences.svg": draw({
      title: `Bytes on the wire to compare ${formatValue(main, "count")} files`,
      x: { label: "differences", unit: "count" },
      y: { label: "bytes, both ways, handshake included", unit: "bytes" },
      series: series(differing, "differences", (costs) => medianValue(costs, total)),
    }),
    "wire-by-files.svg": draw({
      title: "Bytes on the wire by size of the tree",
      x: bySize,
      y: { label: "bytes, both ways, handshake included", unit: "bytes" },
      series: series(sizes, "files", (costs) => medianValue(costs, total)),
    }),
    "time-by-files.svg": draw({
      title: "Time on a fast line by size of the tree",
      x: bySize,
      y: { label: "wall time", unit: "seconds" },
      series: series(sizes, "files", (costs) => medianValue(costs, wall)),
    }),
    "memory-by-files.svg": draw({
      title: "Memory of the Pi by size of the tree",
      x: bySize,
      y: { label: "largest process of the far end", unit: "bytes" },
      series: series(sizes, "files", (costs) => peakValue(costs.map(({ far }) => far.peak))),
    }),
  };
}

export function writePlots(folder: string, plots: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(plots)) writeFileSync(join(folder, name), svg);
}

function series(
  measured: readonly DiffMeasured[],
  by: "files" | "differences",
  of: (costs: readonly Cost[]) => Value | undefined,
): Series[] {
  const names = ["pimesh", ...peers] as const;
  const sorted = measured.toSorted((left, right) => left[by] - right[by]);
  return names.map((name) => ({
    name,
    points: sorted.flatMap((one): [number, number][] => {
      const value = of(name === "pimesh" ? one.ours : (one.theirs[name] ?? []))?.value;
      return value === undefined || value <= 0 ? [] : [[one[by], value]];
    }),
  }));
}
