import type { Cost } from "./cost.ts";
import type { DiffMeasured } from "./measure-diff.ts";
import { formatValue, type Unit } from "./numbers.ts";
import { peers, type Peer, type Row, type Target, type Value } from "./row.ts";
import { medianOf, pairedRatio, peakValue } from "./statistics.ts";

type Part = (cost: Cost) => number | undefined;

/** Median of a part of the costs. */
export function medianValue(costs: readonly Cost[] | undefined, part: Part): Value | undefined {
  const value = medianOf((costs ?? []).map(part));
  return value === undefined ? undefined : { value };
}

/** A row of one part of each cost, with the ratios of what was measured side by side. */
export function costRow(
  work: string,
  unit: Unit,
  {
    ours,
    theirs,
  }: {
    readonly ours: readonly Cost[];
    readonly theirs: { readonly [P in Peer]?: readonly Cost[] | undefined };
  },
  part: Part,
  target?: Target,
): Row {
  const each = <T>(of: (costs: readonly Cost[]) => T): { [P in Peer]?: T } =>
    Object.fromEntries(
      peers.flatMap((peer) => (theirs[peer] === undefined ? [] : [[peer, of(theirs[peer])]])),
    );
  return {
    work,
    unit,
    ours: medianValue(ours, part),
    theirs: each((costs) => medianValue(costs, part)),
    ratios: each((costs) => pairedRatio(ours.map(part), costs.map(part))),
    ...(target === undefined ? {} : { target }),
  };
}

export const total: Part = ({ traffic }) => traffic?.total;
export const wall = (cost: Cost): number => cost.wall;
export const cpu = (cost: Cost): number => cost.cpu;
const farCpu: Part = ({ far }) => far.cpu;

/** What one comparison cost, a row for each that has a target. `unjudged`: why times and memory cannot be judged. */
export function diffRows(
  measured: DiffMeasured,
  context: { readonly bare: readonly Cost[]; readonly script: number; readonly unjudged: string | undefined },
): Row[] {
  const { differences, files } = measured;
  const what = `${formatValue(files, "count")} files, ${differences === 0 ? "no difference" : `${formatValue(differences, "count")} differences`}`;
  const wire = costRow(
    `diff, ${what}: bytes on the wire, all in`,
    "bytes",
    measured,
    total,
    wireTarget(differences, context),
  );
  const only = context.unjudged === undefined ? {} : { unjudged: context.unjudged };
  const { ours, floor, farFind } = measured;
  const rows: Row[] = [
    { ...wire, theirs: { ...wire.theirs, ssh: medianValue(context.bare, total) } },
    keptRow(`diff, ${what}: bytes on the wire, to a provisioned Pi`, measured),
    {
      work: `diff, ${what}: false and missed differences`,
      unit: "count",
      ours: { value: measured.mistakes.pimesh },
      theirs: Object.fromEntries(
        peers.flatMap((peer) => {
          const value = measured.mistakes[peer];
          return value === undefined ? [] : [[peer, { value }]];
        }),
      ),
      target: { text: "none", limit: 0 },
    },
  ];
  const trips = { 10: 4, 1000: 6 }[differences];
  if (trips !== undefined) {
    rows.push({
      work: `diff, ${what}: round trips after the handshake`,
      unit: "count",
      ours: measured.roundTrips === undefined ? undefined : { value: measured.roundTrips },
      theirs: {},
      target: { text: `≤ ${trips}`, limit: trips },
    });
  }
  if (differences !== 10) return rows;
  return [
    ...rows,
    costRow(
      `diff, ${what}: wall time, local line`,
      "seconds",
      { ours, theirs: { ...measured.theirs, find: floor } },
      wall,
      {
        text: "≤ 1.5 × both sides' `find` at once, better 1.2",
        limit: 1.5,
        better: 1.2,
        of: "find",
        ...only,
      },
    ),
    costRow(`diff, ${what}: laptop's CPU`, "seconds", measured, cpu),
    peakRow(`diff, ${what}: laptop's peak memory`, measured, ({ peak }) => peak),
    costRow(
      `diff, ${what}: far end's CPU`,
      "seconds",
      { ours, theirs: { ...measured.theirs, find: farFind } },
      farCpu,
      {
        text: "≤ 1.6 × `find` there",
        limit: 1.6,
        of: "find",
        ...only,
      },
    ),
    {
      ...peakRow(`diff, ${what}: far end's peak memory`, measured, ({ far }) => far.peak),
      target: {
        ...(files > 400_000 ? { text: "≤ 110 MB", limit: 110e6 } : { text: "≤ 40 MB", limit: 40e6 }),
        ...only,
      },
    },
  ];
}

function peakRow(work: string, { ours, theirs }: DiffMeasured, of: (cost: Cost) => Value | undefined): Row {
  return {
    work,
    unit: "bytes",
    ours: peakValue(ours.map(of)),
    theirs: Object.fromEntries(peers.map((peer) => [peer, peakValue((theirs[peer] ?? []).map(of))])),
  };
}

/** What is kept on the Pi does not travel. */
function keptRow(work: string, { differences, kept }: DiffMeasured): Row {
  const limit = { 10: 16_000, 1000: 60_000, 10_000: 400_000 }[differences];
  return {
    work,
    unit: "bytes",
    ours: medianValue([kept], total),
    theirs: {},
    ...(limit === undefined ? {} : { target: { text: `≤ ${formatValue(limit, "bytes")}`, limit } }),
  };
}

function wireTarget(
  differences: number,
  { bare, script }: { readonly bare: readonly Cost[]; readonly script: number },
): Target | undefined {
  if (differences === 10) return { text: "≤ 30 KB, better 16", limit: 30_000, better: 16_000 };
  if (differences === 1000) return { text: "≤ 200 KB, better 100", limit: 200_000, better: 100_000 };
  const connection = medianOf(bare.map(total));
  if (differences !== 0 || connection === undefined) return undefined;
  return {
    text: `≤ bare \`ssh\` + packed far-end program (${formatValue(script, "bytes")}) + 1 KB`,
    limit: connection + script + 1000,
  };
}
