import { formatBytes } from "../core/bytes.ts";
import { exitCode, type ExitCode } from "../core/exit-code.ts";
import { thousands } from "../core/thousands.ts";
import type { Comparison, Difference, Side, Verdict } from "../tree/compare.ts";
import { indexAgeText, type IndexAges } from "./index-age.ts";
import type { Cell, Column, Note, Report, Tone } from "./report.ts";

/** What `diff` found, and between whom. */
export interface DiffResult {
  readonly names: Readonly<Record<Side, string>>;
  readonly comparison: Comparison;
  /** Which side was not read now, and how old it is what was read. */
  readonly indexes: IndexAges;
}

export type Numbers = "human" | "exact";

/** One difference, before anybody decides how bytes of a name are shown. */
export interface DiffLine {
  readonly symbol: "+" | "-" | "*" | "~" | "!";
  readonly path: Buffer;
  readonly isFolder: boolean;
  /** Why, or how large; words with names in them, which may hold any byte. */
  readonly detail: readonly (string | Buffer)[];
  readonly tone: Tone;
}

/** 0 only when everything was seen and everything is the same: what could not be read is never "no difference". */
export function diffExitCode({ comparison }: DiffResult): ExitCode {
  return comparison.differences.length === 0 ? exitCode.fine : exitCode.different;
}

/** `sizes`: `5B` where programs may read it, as in the totals, `5 B` for eyes. */
export function diffLine(
  difference: Difference,
  { names }: DiffResult,
  numbers: Numbers,
  sizes: "spaced" | "joined",
): DiffLine {
  const { path, left, right } = difference;
  const entry = left ?? right;
  return {
    symbol: symbols[difference.kind],
    path,
    isFolder: entry?.kind === "folder",
    detail: detailOf(difference, names, (bytes) => {
      const text = bytesOf(bytes, numbers);
      return sizes === "joined" ? text.replaceAll(" ", "") : text;
    }),
    tone: difference.kind === "unknown" ? "bad" : "warn",
  };
}

/** The totals: each side, then each kind of answer that occurred, in files, bytes and everything else. */
export function diffTotals(result: DiffResult, numbers: Numbers): Report {
  const { names, comparison } = result;
  const row = (symbol: string, what: string, total: Comparison["left"]): Cell[] => [
    { text: symbol },
    { text: what },
    { text: thousands(total.files), plain: String(total.files) },
    bytesCell(total.bytes, numbers),
    {
      text: thousands(total.entries - total.files),
      plain: String(total.entries - total.files),
    },
  ];
  const kinds = Object.keys(words) as Verdict[];
  return {
    columns: totalColumns,
    rows: [
      row(" ", names.left, comparison.left),
      row(" ", names.right, comparison.right),
      ...kinds
        .filter((kind) => kind === "same" || comparison.totals[kind].entries > 0)
        .map((kind) => row(words[kind].symbol, words[kind].what(names), comparison.totals[kind])),
    ],
    notes: notesOf(result),
    exitCode: diffExitCode(result),
  };
}

const symbols = {
  "only-left": "+",
  "only-right": "-",
  differs: "*",
  normalisation: "~",
  unknown: "!",
} as const;

const words: Readonly<
  Record<Verdict, { readonly symbol: string; readonly what: (names: DiffResult["names"]) => string }>
> = {
  same: { symbol: "=", what: () => "same" },
  onlyLeft: { symbol: "+", what: (names) => `only on ${names.left}` },
  onlyRight: { symbol: "-", what: (names) => `only on ${names.right}` },
  differ: { symbol: "*", what: () => "differ" },
  normalisation: { symbol: "~", what: () => "same under another form of the name" },
  unknown: { symbol: "!", what: () => "could not be told" },
};

const totalColumns: readonly Column[] = [
  { title: "", plain: "", align: "left" },
  { title: "", plain: "", align: "left" },
  { title: "files", align: "right" },
  { title: "bytes", align: "right" },
  { title: "folders, links", plain: "folders,links", align: "right" },
];

function notesOf({ names, comparison, indexes }: DiffResult): Note[] {
  const notes: Note[] = (["left", "right"] as const).flatMap((side) => {
    const index = indexes[side];
    return index ? [{ about: [names[side]], text: indexAgeText(index), try: [], tone: "faint" }] : [];
  });
  const { unknown } = comparison.totals;
  if (unknown.entries > 0) {
    notes.push({
      about: [],
      text: `${countOf(unknown.entries, "path")} could not be compared: whether ${unknown.entries === 1 ? "it is" : "they are"} the same is not known`,
      try: [],
      tone: "bad",
    });
  }
  if (comparison.caseTwins > 0) {
    notes.push({
      about: [],
      text: `${countOf(comparison.caseTwins, "name")} on ${names.left} and ${names.right} differ in upper and lower case alone; macOS and Windows take them for one file`,
      try: [],
      tone: "warn",
    });
  }
  return notes;
}

type Size = (bytes: number | { readonly exactly: number }) => string;

function detailOf(
  difference: Difference,
  names: DiffResult["names"],
  sizeOf: Size,
): readonly (string | Buffer)[] {
  switch (difference.kind) {
    case "only-left":
    case "only-right": {
      const entry = difference.left ?? difference.right;
      const other = difference.kind === "only-left" ? names.right : names.left;
      const size =
        entry?.kind === "file" ? [sizeOf(entry.size)] : entry?.kind === "folder" ? [] : [entry?.kind ?? ""];
      if (difference.caseTwin === undefined) return size;
      return [...size, `${size.length === 0 ? "" : ", "}is on ${other} as `, difference.caseTwin];
    }
    case "normalisation":
      return [`same file, its name is in another Unicode form on ${names.right}`];
    case "unknown":
      return [difference.reason];
    case "differs":
    default:
      return differsDetail(difference, names, sizeOf);
  }
}

function differsDetail(
  difference: Difference & { kind: "differs" },
  names: DiffResult["names"],
  sizeOf: Size,
): readonly (string | Buffer)[] {
  const { by, left, right } = difference;
  const both = (l: string | Buffer, r: string | Buffer): (string | Buffer)[] => [
    `${by}: `,
    l,
    ` on ${names.left}, `,
    r,
    ` on ${names.right}`,
  ];
  if (!left || !right) return [by];
  switch (by) {
    case "kind":
      return both(left.kind, right.kind);
    case "size":
      return both(...distinct(left.size, right.size, sizeOf));
    case "mtime":
      return both(timeOf(left.mtime), timeOf(right.mtime));
    case "target":
      return both(left.target ?? "?", right.target ?? "?");
    case "content":
    default:
      return ["content: same size, other content"];
  }
}

/** Two sizes that differ must not look alike: 5.0 GiB and 5.0 GiB says nothing. */
function distinct(left: number, right: number, sizeOf: Size): [string, string] {
  const texts: [string, string] = [sizeOf(left), sizeOf(right)];
  return texts[0] === texts[1] ? [sizeOf({ exactly: left }), sizeOf({ exactly: right })] : texts;
}

function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString().replace(".000Z", "Z");
}

function bytesOf(bytes: number | { readonly exactly: number }, numbers: Numbers): string {
  if (typeof bytes !== "number") return `${bytes.exactly} B`;
  return numbers === "exact" ? `${bytes} B` : formatBytes(bytes);
}

function bytesCell(bytes: number, numbers: Numbers): Cell {
  const text = numbers === "exact" ? String(bytes) : formatBytes(bytes);
  return { text, plain: text.replaceAll(" ", "") };
}

function countOf(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;
}
