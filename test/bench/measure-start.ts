import { mustCost, type Bench } from "./bench.ts";
import type { Cost } from "./cost.ts";
import { costRow, wall } from "./diff-rows.ts";
import { formatValue } from "./numbers.ts";
import { peerPrograms, type PeerProgram } from "./peers.ts";
import type { Row } from "./row.ts";
import { medianOf } from "./statistics.ts";

/** How long it takes until a program has said who it is; ours by its shortest way, and by the one that knows all commands. */
export async function measureStart(bench: Bench): Promise<Row[]> {
  const of = (name: PeerProgram, flag: string): [string, string] | undefined =>
    bench.missing.includes(name) ? undefined : [peerPrograms[name].program, flag];
  const commands: Readonly<Record<string, readonly string[] | undefined>> = {
    version: [...bench.pimesh, "--version"],
    help: [...bench.pimesh, "--help"],
    node: [process.execPath, "-e", "0"],
    ssh: ["ssh", "-V"],
    rsync: of("rsync", "--version"),
    rclone: of("rclone", "version"),
  };
  bench.say("start-up");
  const costs: Record<string, Cost[]> = {};
  // Short and jumpy: more rounds than others
  for (let round = 0; round < Math.max(7, bench.options.runs); round += 1) {
    for (const [name, command] of Object.entries(commands)) {
      if (command !== undefined) (costs[name] ??= []).push(await mustCost(bench, [], command));
    }
  }
  const { version = [], help = [], node = [], ...theirs } = costs;
  const bare = medianOf(node.map(wall)) ?? 0;
  const target = { text: `≤ 1.3 × \`node -e 0\` (${formatValue(bare, "seconds")})`, limit: 1.3 * bare };
  return [
    costRow("start-up: `--version`", "seconds", { ours: version, theirs }, wall, target),
    costRow("start-up: `--help`", "seconds", { ours: help, theirs: {} }, wall, target),
  ];
}
