import { reconcileProgram } from "../../src/tree/reconcile-program.ts";
import { mustCost, type Bench } from "./bench.ts";
import type { Cost } from "./cost.ts";
import { diffRows } from "./diff-rows.ts";
import { growthRows } from "./growth-rows.ts";
import { makeLaptop, type Laptop } from "./laptop.ts";
import { measureDiff, usablePeers, type DiffMeasured, type DiffPlan } from "./measure-diff.ts";
import { measureSlow } from "./measure-slow.ts";
import { measureWalk } from "./measure-walk.ts";
import type { Group } from "./options.ts";
import type { Row } from "./row.ts";
import { makeTrees, type Trees } from "./trees.ts";

export interface TreesMeasured {
  readonly rows: readonly Row[];
  readonly diffs: readonly DiffMeasured[];
}

/** All that is measured on large trees: the main one, then the smaller and the larger one. */
export async function measureTrees(bench: Bench): Promise<TreesMeasured> {
  const { options } = bench;
  const wanted = (group: Group): boolean => options.only.includes(group);
  const unjudged = options.full ? undefined : "smaller tree";
  const rows: Row[] = [];
  const diffs: DiffMeasured[] = [];
  const main = await setUp(bench, options.files);
  const bare = wanted("diff") ? await bareSsh(bench, main) : [];
  const context = { bare, script: reconcileProgram().packed.length, unjudged };
  if (wanted("walk")) rows.push(...(await measureWalk(bench, main.trees, unjudged)));
  const slow: Row[] = [];
  for (const differences of counts(bench)) {
    const plan = planOf(bench, main, differences);
    const measured = await measureDiff(bench, plan);
    diffs.push(measured);
    // What only a plot wants has no target
    if (wanted("diff") && [0, 10, 1000].includes(differences)) rows.push(...diffRows(measured, context));
    if (wanted("slow") && [10, 1000].includes(differences))
      slow.push(...(await measureSlow(bench, plan, measured)));
  }
  main.trees.remove();
  rows.push(...slow);
  if (!wanted("growth")) return { rows, diffs };
  const sizes: DiffMeasured[] = [];
  for (const files of options.growth) {
    const other = await setUp(bench, files);
    sizes.push(await measureDiff(bench, planOf(bench, other, 10)));
    other.trees.remove();
  }
  const [small, large] = sizes as [DiffMeasured, DiffMeasured];
  rows.push(...diffRows(large, context).filter(({ target }) => target !== undefined));
  rows.push(...growthRows(small, large, unjudged));
  return { rows, diffs: [...diffs, ...sizes] };
}

interface Stage {
  readonly trees: Trees;
  readonly laptop: Laptop;
}

async function setUp({ place, options, say }: Bench, files: number): Promise<Stage> {
  say(`making two trees of ${files.toLocaleString("en-US")} files`);
  const trees = await makeTrees(place, files, options.seed);
  return { trees, laptop: makeLaptop(place, [trees.pi], { name: String(files), tree: trees.left }) };
}

function planOf(bench: Bench, { trees, laptop }: Stage, differences: number): DiffPlan {
  const { options } = bench;
  const rounds = options.only.includes("diff") || options.only.includes("growth") ? options.runs : 1;
  return { trees, laptop, differences, rounds, peers: usablePeers(bench, trees.files) };
}

/** How many differences the main tree is to have, one after the other; a plot wants more points than the table. */
function counts({ options }: Bench): number[] {
  const { only, files, svg } = options;
  const all = new Set([
    ...(only.includes("diff") ? [0, 10, 1000, ...(svg === undefined ? [] : [100, 10_000])] : []),
    ...(only.includes("slow") ? [10, 1000] : []),
    ...(only.includes("growth") ? [10] : []),
  ]);
  return [...all].filter((count) => count <= files / 4).toSorted((left, right) => left - right);
}

async function bareSsh(bench: Bench, { trees, laptop }: Stage): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (let round = 0; round < bench.options.runs; round += 1) {
    costs.push(await mustCost(bench, [trees.pi], ["ssh", "-F", laptop.sshConfig, "pi", "true"]));
  }
  return costs;
}
