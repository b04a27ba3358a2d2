import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mustCost, pimeshCost, type Bench } from "./bench.ts";
import type { Cost } from "./cost.ts";
import { cpu, wall } from "./diff-rows.ts";
import { makeLaptop } from "./laptop.ts";
import { formatValue } from "./numbers.ts";
import type { Row } from "./row.ts";
import { median, pairedRatio, peakValue } from "./statistics.ts";
import type { Trees } from "./trees.ts";

/**
 * The laptop's own walk: `status` whose only node is switched off, less the same with an empty tree, so that start-up and
 * table do not count.
 */
export async function measureWalk(bench: Bench, trees: Trees, unjudged: string | undefined): Promise<Row[]> {
  bench.say("the laptop's own walk");
  const { place, options } = bench;
  const off = { name: "off", port: 9, environment: {} };
  const empty = join(place.folder, "empty");
  mkdirSync(empty);
  const [full, none] = [
    makeLaptop(place, [off], { name: "walk", tree: trees.left }),
    makeLaptop(place, [off], { name: "empty", tree: empty }),
  ];
  const list = ["bash", "-c", String.raw`find "$1" -printf '%P\t%s\t%T@\n' >/dev/null`, "bash", trees.left];
  const [ours, bare, find]: [Cost[], Cost[], Cost[]] = [[], [], []];
  await mustCost(bench, [], list);
  for (let round = 0; round < options.runs; round += 1) {
    find.push(await mustCost(bench, [], list));
    ours.push(await pimeshCost(bench, [], full, ["status"], [4]));
    bare.push(await pimeshCost(bench, [], none, ["status"], [4]));
  }
  const only = unjudged === undefined ? {} : { unjudged };
  const what = `laptop's own walk, ${formatValue(trees.files, "count")} files`;
  const difference = (part: (cost: Cost) => number, name: string): Row => {
    const walk = ours.map((cost, round) => Math.max(0, part(cost) - part(bare[round] as Cost)));
    return {
      work: `${what}: ${name}`,
      unit: "seconds",
      ours: { value: median(walk) },
      theirs: { find: { value: median(find.map(part)) } },
      ratios: { find: pairedRatio(walk, find.map(part)) },
      target: { text: "≤ 1.7 × `find`", limit: 1.7, of: "find", ...only },
    };
  };
  return [
    difference(wall, "wall time"),
    difference(cpu, "CPU"),
    {
      work: `${what}: peak memory`,
      unit: "bytes",
      ours: peakValue(ours.map(({ peak }) => peak)),
      theirs: { find: peakValue(find.map(({ peak }) => peak)) },
      target: { text: "≤ 200 MB", limit: 200e6, ...only },
    },
  ];
}
