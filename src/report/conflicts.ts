import { formatBytes } from "../core/bytes.ts";
import { exitCode, worstExitCode } from "../core/exit-code.ts";
import { exitCodeOf, type Outcome } from "../core/outcome.ts";
import { thousands } from "../core/thousands.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Conflicts, FoundConflict } from "../tree/conflicts.ts";
import { named } from "./diff-document.ts";
import { onLaptop } from "./on-laptop.ts";
import { pasteable } from "./pasteable.ts";
import { quantity, type Cell, type Column, type Note, type Report } from "./report.ts";

/** What `conflicts` found in each home's tree, `laptop` included. */
export interface ConflictsResult {
  readonly homes: readonly Outcome<Conflicts>[];
  readonly inventory: Pick<Inventory, "laptop">;
  /** Whose the first seven characters of a device ID are. */
  readonly deviceName: (short: string) => string | undefined;
}

/** The table, without its last column: the path of each row, whose bytes the renderer shows. */
export interface ConflictsReport extends Report {
  readonly paths: readonly Buffer[];
}

export function conflictsReport(result: ConflictsResult, numbers: "human" | "exact"): ConflictsReport {
  const copies = merged(result);
  const unreadable = answered(result).some(({ value }) => value.unreadable.length > 0);
  return {
    columns,
    rows: copies.map((copy) => row(copy, result, numbers)),
    paths: copies.map(({ path }) => path),
    notes: notesOf(result, copies),
    exitCode: worstExitCode([
      exitCodeOf(result.homes),
      copies.length > 0 || unreadable ? exitCode.different : exitCode.fine,
    ]),
  };
}

/** `conflicts --json`, version 1. Bytes; seconds since the epoch; keys are only ever added. */
export function conflictsDocument(result: ConflictsResult): object {
  return {
    schemaVersion: 1,
    conflicts: merged(result).map(({ path, original, size, mtime, at, device, homes }) => ({
      ...named("path", path),
      ...named("original", besides(path, original)),
      size,
      mtime,
      setAside: at,
      editedBy: result.deviceName(device) ?? null,
      device,
      homes,
    })),
    homes: result.homes.map((home) =>
      home.ok
        ? {
            name: home.node,
            conflicts: home.value.found.length,
            unreadable: home.value.unreadable.map(({ path, reason }) => ({ ...named("path", path), reason })),
            error: null,
          }
        : {
            name: home.node,
            conflicts: null,
            unreadable: [],
            error: { code: home.error.code, message: home.error.message },
          },
    ),
  };
}

/** The same copy in several homes is one. */
interface Copy extends FoundConflict {
  readonly homes: string[];
}

function merged(result: ConflictsResult): readonly Copy[] {
  const copies = new Map<string, Copy>();
  for (const { node, value } of answered(result)) {
    for (const found of value.found) {
      const key = `${found.path.toString("latin1")}\0${found.size}\0${found.mtime}`;
      const copy = copies.get(key) ?? { ...found, homes: [] };
      copy.homes.push(node);
      copies.set(key, copy);
    }
  }
  return [...copies.values()].toSorted((left, right) => Buffer.compare(left.path, right.path));
}

function answered({ homes }: ConflictsResult): (Outcome<Conflicts> & { ok: true })[] {
  return homes.filter((home) => home.ok);
}

const columns: readonly Column[] = [
  { title: "edited by", plain: "edited-by", align: "left" },
  { title: "size", align: "right" },
  { title: "lies at", plain: "lies-at", align: "left" },
  { title: "conflict copy", plain: "conflict-copy", align: "left" },
];

function row(copy: Copy, { homes, deviceName }: ConflictsResult, numbers: "human" | "exact"): Cell[] {
  const everywhere = copy.homes.length === homes.length && homes.length > 1;
  return [
    { text: deviceName(copy.device) ?? copy.device, tone: "warn" },
    quantity(numbers === "exact" ? String(copy.size) : formatBytes(copy.size)),
    everywhere
      ? { text: "all homes", plain: copy.homes.join(",") }
      : { text: copy.homes.join(", "), plain: copy.homes.join(",") },
  ];
}

function notesOf(result: ConflictsResult, copies: readonly Copy[]): Note[] {
  const notes: Note[] = [];
  if (copies.length > 0) {
    const [commands = []] = copies.map((copy) => remedies(copy, result)).filter(({ length }) => length > 0);
    const plural = copies.length === 1 ? "copy" : "copies";
    notes.push({
      about: [],
      text: `${thousands(copies.length)} conflict ${plural}: the same file was changed at two homes before they had heard of each other. Nothing is lost: the file itself has the one edit, the copy the other. Look at both, then keep the copy (mv) or the file (rm); what is replaced or deleted lies in the other homes' archives for 30 days${commands.length === 0 ? "" : copies.length > 1 ? ". For one of them:" : ":"}`,
      try: commands,
      tone: "warn",
    });
  }
  for (const { node, value } of answered(result)) {
    if (value.unreadable.length === 0) continue;
    const places = `${value.unreadable.length} ${value.unreadable.length === 1 ? "place" : "places"}`;
    notes.push({
      about: [node],
      text: `${places} could not be read: there may be more`,
      try: [],
      tone: "bad",
    });
  }
  const sound = answered(result).filter(({ value }) => value.unreadable.length === 0);
  if (copies.length === 0 && sound.length > 0) {
    notes.push({ about: sound.map(({ node }) => node), text: "no conflict copies", try: [], tone: "good" });
  }
  return notes;
}

/** On the laptop, where it lies there; the engines carry it to the others. */
function remedies(copy: Copy, { inventory }: ConflictsResult): string[] {
  if (!copy.homes.includes("laptop")) return [];
  const [from, to] = [copy.path, besides(copy.path, copy.original)].map((path) =>
    pasteable(onLaptop(path, inventory.laptop).path),
  );
  return from === undefined || to === undefined ? [] : [`mv -- ${from} ${to}`, `rm -- ${from}`];
}

/** `original` is latin1, one character a byte. */
function besides(path: Buffer, original: string): Buffer {
  return Buffer.concat([path.subarray(0, path.lastIndexOf("/") + 1), Buffer.from(original, "latin1")]);
}
