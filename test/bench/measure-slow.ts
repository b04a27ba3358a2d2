import type { Bench } from "./bench.ts";
import type { Cost } from "./cost.ts";
import { wall } from "./diff-rows.ts";
import { diffOnce, peerOnce, type DiffMeasured, type DiffPlan } from "./measure-diff.ts";
import { formatValue } from "./numbers.ts";
import type { Peer, Row, Value } from "./row.ts";
import { leastSeconds, slowRate } from "./slow-line.ts";
import { median } from "./statistics.ts";

/** The same comparison over a slow line. What would take longer than the patience is computed from its bytes. */
export async function measureSlow(bench: Bench, plan: DiffPlan, measured: DiffMeasured): Promise<Row[]> {
  const { shape } = bench.place.line;
  if (shape === undefined) return [];
  const { differences } = measured;
  bench.say(`the same over ${slowRate / 1024} KiB/s`);
  const run = async (fast: readonly Cost[], once: () => Promise<Cost>, rounds: number): Promise<Value> => {
    const least = leastSeconds(fast);
    if (least > bench.options.patience) return { value: least, computed: true };
    const walls: number[] = [];
    for (let round = 0; round < rounds; round += 1) walls.push((await once()).wall);
    return { value: median(walls) };
  };
  shape(slowRate);
  try {
    const ours = await run(measured.ours, () => diffOnce(bench, plan), plan.rounds);
    const theirs: { [P in Peer]?: Value } = {};
    for (const peer of plan.peers) {
      theirs[peer.name] = await run(measured.theirs[peer.name] ?? [], () => peerOnce(bench, plan, peer), 1);
    }
    const fast = median(measured.ours.map(wall));
    const most = differences === 10 ? 3 : 20;
    return [
      {
        work: `diff, ${formatValue(measured.files, "count")} files, ${formatValue(differences, "count")} differences: over 10 KiB/s`,
        unit: "seconds",
        ours,
        theirs,
        target: {
          text: `≤ scan (${formatValue(fast, "seconds")} on the local line) + ${most} s`,
          limit: fast + most,
        },
      },
    ];
  } finally {
    shape(undefined);
  }
}
