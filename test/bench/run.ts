// `npm run bench`: what pimesh costs, side by side with what people use without it, against the targets. See options.ts.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import type { Bench } from "./bench.ts";
import { measureFleet } from "./measure-fleet.ts";
import { measureStart } from "./measure-start.ts";
import { measureTrees } from "./measure-trees.ts";
import { parseOptions, usage, type Group, type Options } from "./options.ts";
import { installPeers, missingPeers, peerPrograms, versions } from "./peers.ts";
import { pimeshProgram } from "./pimesh.ts";
import { openPlace } from "./place.ts";
import { plotsOf, writePlots } from "./plots.ts";
import type { Row } from "./row.ts";
import { markdownTable } from "./table.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help")) {
    process.stdout.write(usage);
    return 0;
  }
  let options: Options;
  try {
    options = parseOptions(argv);
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (options.install) installPeers(missingPeers(), say);
  const missing = missingPeers();
  for (const name of missing)
    say(`${name} is not there (Debian package ${peerPrograms[name].package}); --install gets it`);
  const pimesh = pimeshProgram(say);
  const place = openPlace(options.folder);
  try {
    const notes = new Set<string>();
    const bench: Bench = { place, options, pimesh, missing, say, note: (text) => void notes.add(text) };
    bench.note(place.line.about);
    if (place.groups.pi === undefined)
      bench.note("no control groups: neither CPU time nor memory of the far end");
    if (missing.length > 0) bench.note(`not there, so their columns are empty: ${missing.join(", ")}`);
    const began = new Date();
    const text = report(await measureAll(bench, began), { began, notes, options });
    process.stdout.write(text);
    if (options.markdown !== undefined) writeFileSync(options.markdown, text);
    return 0;
  } catch (error) {
    if (!place.undo.hasBegun()) say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  } finally {
    await place.undo.all();
  }
}

async function measureAll(bench: Bench, began: Date): Promise<Row[]> {
  const { only, svg, files } = bench.options;
  const wants = (...groups: readonly Group[]): boolean => groups.some((group) => only.includes(group));
  const rows: Row[] = [];
  if (wants("start")) rows.push(...(await measureStart(bench)));
  if (wants("status", "provision")) rows.push(...(await measureFleet(bench)));
  if (wants("diff", "slow", "walk", "growth")) {
    const trees = await measureTrees(bench);
    rows.push(...trees.rows);
    const about = `${machine()}, ${began.toISOString().slice(0, 10)}`;
    if (svg !== undefined) writePlots(svg, plotsOf(trees.diffs, files, about));
  }
  return rows;
}

function report(
  rows: readonly Row[],
  { began, notes, options }: { began: Date; notes: ReadonlySet<string>; options: Options },
): string {
  const minutes = Math.round((Date.now() - began.getTime()) / 60_000);
  const said = [
    `${machine()}, load ${loadavg()[0]?.toFixed(1)} at the end; ${began.toISOString().slice(0, 16).replace("T", " ")} UTC, ${minutes} min; Node ${process.version}; ${versions().join("; ")}`,
    `medians of ${options.runs === 1 ? "one round" : `${options.runs} rounds`}, peaks the largest of them; \`rclone check\` once; warm cache; KB and MB count by 1000; memory is that of the largest process; ≈ is computed from bytes and rate`,
    "round trips are those of questions and answers, as `diff -v` counts them; starting a command over SSH takes three more, and there are three",
    "`rclone check --size-only` does not look at times, `comm` cannot tell what kind a difference is",
    ...notes,
  ];
  return `${markdownTable(rows)}\n${said.map((line) => `- ${line}\n`).join("")}`;
}

function machine(): string {
  const all = cpus();
  return `${all.length} cores (${all[0]?.model.trim() ?? "unknown"})`;
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
