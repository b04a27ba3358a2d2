import { formatBytes } from "../core/bytes.ts";
import type { PimeshError } from "../core/error.ts";
import { exitCode, worstExitCode, type ExitCode } from "../core/exit-code.ts";
import { quote } from "../core/shell.ts";
import { thousands } from "../core/thousands.ts";
import type { LaptopEngine } from "../health/laptop-problems.ts";
import { countOf, type Problem } from "../health/problem.ts";
import { stateSymbol, type Amount, type State } from "../health/state.ts";
import { countedOf, type Measurement } from "../history/measurement.ts";
import type { Counted } from "../history/snapshot.ts";
import { engineCell, laptopEngineCell } from "./engine-cell.ts";
import { age, difference, percent, signedBytes, signedCount } from "./numbers.ts";
import { groupNotes } from "./errors.ts";
import {
  quantity,
  unknownCell,
  type Cell,
  type Column,
  type Note,
  type Report,
  type Tone,
} from "./report.ts";

/** Everything that one run of status found out. */
export interface StatusResult {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reference: ReferenceStatus;
  /** In the order of the inventory. */
  readonly nodes: readonly NodeStatus[];
}

export interface ReferenceStatus {
  readonly name: string;
  readonly tree: string;
  /** undefined when the tree could not be counted or was refused. */
  readonly counted: Counted | undefined;
  readonly error: PimeshError | undefined;
  /** Its own Syncthing, where it takes part. */
  readonly engine: LaptopEngine | undefined;
  /** What is wrong with that. */
  readonly problems: readonly Problem[];
}

export interface NodeStatus {
  readonly name: string;
  readonly state: State;
  /** What it said now, or the last time that it answered; undefined when it never did. */
  readonly measurement: Measurement | undefined;
  /** The last count of its tree, of now or earlier. */
  readonly counted: Counted | undefined;
  readonly problems: readonly Problem[];
  /** Why it could not be asked, or why its tree could not be counted. */
  readonly error: PimeshError | undefined;
}

/** The table, what is wrong below it, and the exit code. `exact`: bytes as plain numbers. */
export function statusReport(result: StatusResult, numbers: "human" | "exact"): Report {
  return {
    columns,
    rows: [referenceRow(result, numbers), ...result.nodes.map((node) => nodeRow(node, result, numbers))],
    notes: notesOf(result),
    exitCode: statusExitCode(result),
  };
}

/** The worst of: the laptop's tree refused or unreadable, a node that failed or was silent, a node that is not `ok`. */
function statusExitCode({ reference, nodes }: StatusResult): ExitCode {
  return worstExitCode([
    ...(reference.error === undefined ? [] : [reference.error.exitCode]),
    ...unreadableLaptop(reference).map(() => exitCode.different),
    ...reference.problems.filter(({ kind }) => kind === "degraded").map((): ExitCode => exitCode.different),
    ...nodes.map(
      (node) => node.error?.exitCode ?? (node.state === "ok" ? exitCode.fine : exitCode.different),
    ),
  ]);
}

/** Places of the laptop's own tree that are closed to us: then no node can be said to hold all of it. */
export function unreadableLaptop({
  counted,
  tree,
}: ReferenceStatus): Pick<Problem, "code" | "message" | "try">[] {
  const places = counted?.counts.unreadable ?? 0;
  if (places === 0) return [];
  return [
    {
      code: "W-UNREADABLE",
      message: `${countOf(places, "place")} of ${tree} could not be read: it may hold more than the numbers say`,
      try: `find ${quote(tree)} ! -readable`,
    },
  ];
}

/** `✓ ok`: the word that scripts look for, and its symbol on a terminal. */
function stateCell(state: State): Cell {
  return { text: `${stateSymbol[state]} ${state}`, plain: state, tone: stateTone[state] };
}

const stateTone: Readonly<Record<State, Tone>> = {
  ok: "good",
  syncing: "warn",
  behind: "warn",
  degraded: "warn",
  unreachable: "bad",
  "disk-absent": "bad",
  unprovisioned: "warn",
};

const columns: readonly Column[] = [
  { title: "NODE", align: "left" },
  { title: "STATE", align: "left", group: "tree" },
  { title: "AGE", align: "right", group: "tree" },
  { title: "FILES", align: "right", group: "tree" },
  { title: "%", plain: "FILES%", align: "right", group: "tree", tight: true },
  { title: "±FILES", plain: "FILES-DIFF", align: "right", group: "tree", tight: true },
  { title: "BYTES", align: "right", group: "tree" },
  { title: "%", plain: "BYTES%", align: "right", group: "tree", tight: true },
  { title: "±BYTES", plain: "BYTES-DIFF", align: "right", group: "tree", tight: true },
  { title: "DISK FREE", plain: "DISK-FREE", align: "right", group: "machine" },
  { title: "SD FREE", plain: "SD-FREE", align: "right", group: "machine" },
  { title: "MEMORY", align: "right", group: "machine" },
  { title: "SWAP", align: "right", group: "machine", tight: true },
  { title: "LOAD", align: "right", group: "machine" },
  { title: "TEMP", align: "right", group: "machine" },
  { title: "ENGINE", align: "left", group: "machine" },
  { title: "UPTIME", align: "right", group: "machine" },
];

function referenceRow({ reference, at }: StatusResult, numbers: "human" | "exact"): Cell[] {
  const { counted, error, engine } = reference;
  const state: Cell =
    error === undefined
      ? { text: "= reference", plain: "reference", tone: "strong" }
      : { text: "✗ not counted", plain: "not-counted", tone: "bad" };
  const tree: Cell[] =
    counted === undefined
      ? Array.from({ length: 7 }, () => unknownCell)
      : [
          ageCell(at - counted.at),
          filesCell(counted.counts.files),
          unknownCell,
          unknownCell,
          bytesCell(counted.counts.bytes, numbers),
          unknownCell,
          unknownCell,
        ];
  const machine = Array.from({ length: 6 }, () => unknownCell);
  return pad([
    { text: reference.name, tone: "strong" },
    state,
    ...tree,
    ...machine,
    engine === undefined ? unknownCell : laptopEngineCell(engine, numbers),
  ]);
}

function nodeRow(node: NodeStatus, result: StatusResult, numbers: "human" | "exact"): Cell[] {
  const { measurement } = node;
  const name: Cell = { text: node.name, tone: "strong" };
  if (measurement === undefined) return pad([name, stateCell(node.state)]);
  // How busy a silent node was days ago, or that its engine ran then, would only be taken for how it is now.
  return pad([
    name,
    stateCell(node.state),
    countAgeCell(measurement, result.at),
    ...treeCells(measurement.counts ?? undefined, result.reference.counted?.counts, numbers),
    ...(node.state === "unreachable"
      ? [bytesCell(measurement.disk.free, numbers), bytesCell(measurement.card.free, numbers)]
      : machineCells(measurement, numbers)),
  ]);
}

function treeCells(
  counts: Amount | undefined,
  reference: Amount | undefined,
  numbers: "human" | "exact",
): Cell[] {
  if (counts === undefined) return Array.from({ length: 6 }, () => unknownCell);
  const files = difference(counts.files, reference?.files);
  const bytes = difference(counts.bytes, reference?.bytes);
  return [
    filesCell(counts.files),
    percentCell(counts.files, reference?.files),
    files === undefined ? unknownCell : separated(signedCount(files), toneOf(files)),
    bytesCell(counts.bytes, numbers),
    percentCell(counts.bytes, reference?.bytes),
    bytes === undefined ? unknownCell : quantity(signedBytes(bytes, numbers), toneOf(bytes)),
  ];
}

function machineCells(measurement: Measurement, numbers: "human" | "exact"): Cell[] {
  const { disk, card, memory, swap, load, temperature, power, uptime } = measurement;
  return [
    bytesCell(disk.free, numbers),
    bytesCell(card.free, numbers),
    bytesCell(memory === null ? null : memory.bytes - memory.available, numbers),
    swap !== null && swap.bytes === 0 ? { text: "off" } : bytesCell(swap?.used ?? null, numbers),
    load === null ? unknownCell : { text: load[0].toFixed(load[0] < 10 ? 2 : 1) },
    temperatureCell(temperature, power),
    engineCell(measurement, numbers),
    uptime === null ? unknownCell : quantity(age(uptime * 1000)),
  ];
}

function temperatureCell(temperature: number | null, power: Measurement["power"]): Cell {
  const mark = power?.underVoltage === true || power?.throttled === true ? "!" : "";
  if (temperature === null) return mark === "" ? unknownCell : { text: mark, tone: "bad" };
  return { text: `${Math.round(temperature)}°C${mark}`, ...(mark === "" ? {} : { tone: "bad" }) };
}

function notesOf({ at, reference, nodes }: StatusResult): Note[] {
  const notes: Note[] = [];
  for (const problem of [...unreadableLaptop(reference), ...reference.problems]) {
    notes.push({
      about: [reference.name],
      text: `${problem.message} (${problem.code})`,
      try: [problem.try],
      tone: "warn",
    });
  }
  for (const node of nodes) {
    for (const problem of node.problems) {
      notes.push({
        about: [node.name],
        text: `${problem.message} (${problem.code})`,
        try: [problem.try],
        tone: problem.kind === "disk" || problem.kind === "silent" ? "bad" : "warn",
      });
    }
    if (node.measurement?.counts === null && node.counted !== undefined) {
      const { counts, at: countedAt } = node.counted;
      notes.push({
        about: [node.name],
        text: `last counted ${age(at - countedAt)} ago: ${thousands(counts.files)} files, ${formatBytes(counts.bytes)}`,
        try: [],
        tone: "faint",
      });
    }
  }
  const indexed = indexNotes(at, nodes);
  if (notes.length > 0 || reference.error !== undefined || nodes.length === 0) {
    return [...groupNotes(notes), ...indexed];
  }
  const all = nodes.length === 1 ? `${nodes[0]?.name ?? ""} holds` : `all ${nodes.length} nodes hold`;
  return [{ about: [], text: `${all} what the laptop holds`, try: [], tone: "good" }, ...indexed];
}

/** Whose numbers are not of now although it answered. */
function indexNotes(at: number, nodes: readonly NodeStatus[]): Note[] {
  const span = ({ measurement }: NodeStatus): number =>
    measurement === undefined || measurement.counts === null ? 0 : at - countedOf(measurement).at;
  const found = nodes.filter(
    (node) => node.state !== "unreachable" && fromIndex(node) && span(node) >= minute,
  );
  if (found.length === 0) return [];
  const oldest = Math.max(...found.map(span));
  const whose = found.length === 1 ? "its own index" : "their own indexes, up to";
  return [
    {
      about: found.map(({ name }) => name),
      text: `counted by ${whose} ${age(oldest)} ago`,
      try: ["pimesh status --fresh"],
      tone: "faint",
    },
  ];
}

function fromIndex({ measurement }: NodeStatus): boolean {
  return measurement !== undefined && measurement.counts !== null && countedOf(measurement).by === "index";
}

function pad(cells: readonly Cell[]): Cell[] {
  return columns.map((_, index) => cells[index] ?? unknownCell);
}

/** Of the files and bytes beside it. An index that is too old is not used at all, so it is never worth a warning. */
function countAgeCell(measurement: Measurement, at: number): Cell {
  if (measurement.counts === null || countedOf(measurement).by === "scan")
    return ageCell(at - measurement.at);
  const milliseconds = at - countedOf(measurement).at;
  return at - measurement.at > hour ? ageCell(milliseconds) : quantity(age(milliseconds));
}

function ageCell(milliseconds: number): Cell {
  return quantity(age(milliseconds), milliseconds > hour ? "warn" : undefined);
}

function filesCell(files: number): Cell {
  return separated(thousands(files));
}

/** Thousands are told apart for eyes, not for programs. */
function separated(text: string, tone?: Tone): Cell {
  const plain = text.replaceAll(",", "");
  return { text, ...(plain === text ? {} : { plain }), ...(tone === undefined ? {} : { tone }) };
}

function bytesCell(bytes: number | null, numbers: "human" | "exact"): Cell {
  if (bytes === null) return unknownCell;
  return numbers === "exact" ? { text: String(bytes) } : quantity(formatBytes(bytes));
}

function percentCell(part: number, whole: number | undefined): Cell {
  const text = whole === undefined ? undefined : percent(part, whole);
  return text === undefined ? unknownCell : { text };
}

function toneOf(value: number): Tone | undefined {
  return value === 0 ? "faint" : "warn";
}

const minute = 60 * 1000;
const hour = 60 * minute;
