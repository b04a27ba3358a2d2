import type { Cost } from "./cost.ts";
import { medianValue, total, wall } from "./diff-rows.ts";
import type { DiffMeasured } from "./measure-diff.ts";
import { formatValue } from "./numbers.ts";
import { peers, type Peer, type Row, type Value } from "./row.ts";
import { peakValue } from "./statistics.ts";

/** How cost grows from a small tree to a large one with the same number of differences. */
export function growthRows(small: DiffMeasured, large: DiffMeasured, unjudged: string | undefined): Row[] {
  const from = formatValue(small.files, "count");
  const what = `growth, ${from} → ${formatValue(large.files, "count")} files, ${large.differences} differences`;
  const files = large.files / small.files;
  const growth = (
    of: (costs: readonly Cost[]) => Value | undefined,
    by: number,
  ): Pick<Row, "unit" | "ours" | "theirs"> => {
    const grown = (before: readonly Cost[] = [], after: readonly Cost[] = []): Value | undefined => {
      const [less, more] = [of(before), of(after)];
      return less === undefined || more === undefined || less.below === true
        ? undefined
        : { value: more.value / less.value / by };
    };
    const theirs: { [P in Peer]?: Value | undefined } = Object.fromEntries(
      peers.map((peer) => [peer, grown(small.theirs[peer], large.theirs[peer])]),
    );
    return { unit: "times", ours: grown(small.ours, large.ours), theirs };
  };
  // A tenth is what runs differ by
  const linear = {
    text: "≤ 1 (linear), within a tenth",
    limit: 1.1,
    ...(unjudged === undefined ? {} : { unjudged }),
  };
  return [
    {
      work: `${what}: bytes on the wire, times`,
      ...growth((costs) => medianValue(costs, total), 1),
      target: { text: "constant, within a tenth", limit: 1.1 },
    },
    {
      work: `${what}: wall time a file, times`,
      ...growth((costs) => medianValue(costs, wall), files),
      target: linear,
    },
    {
      work: `${what}: far end's memory a file, times`,
      ...growth((costs) => peakValue(costs.map(({ far }) => far.peak)), files),
      target: linear,
    },
    {
      work: `${what}: laptop's memory a file, times`,
      ...growth((costs) => peakValue(costs.map(({ peak }) => peak)), files),
      target: linear,
    },
  ];
}
