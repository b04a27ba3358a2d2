import type { ExitCode } from "../core/exit-code.ts";

/** What a command has to say, before anybody decides how it looks. Made by pure code, drawn by `render/`. */
export interface Report {
  readonly columns: readonly Column[];
  /** As many cells in each row as there are columns. */
  readonly rows: readonly (readonly Cell[])[];
  /** Said below the table, in this order. */
  readonly notes: readonly Note[];
  readonly exitCode: ExitCode;
}

export interface Column {
  readonly title: string;
  /** The title where there is no terminal, if another: one word, unlike all others. */
  readonly plain?: string;
  readonly align: "left" | "right";
  /** Columns of one group stay together when the table does not fit; the first column leads every part. */
  readonly group?: string;
  /** Belongs to the column before it: on a terminal one blank between them instead of two. */
  readonly tight?: boolean;
}

export interface Cell {
  readonly text: string;
  /** Where there is no terminal: one word, so that `awk` counts the fields right. */
  readonly plain?: string;
  readonly tone?: Tone;
}

export interface Note {
  /** Whom it is about; several where the same holds for several nodes. */
  readonly about: readonly string[];
  readonly text: string;
  /** One command to try for each thing that is to be done. */
  readonly try: readonly string[];
  readonly tone: Tone;
}

/** A meaning, not a colour: text alone always says the same. */
export type Tone = "good" | "warn" | "bad" | "faint" | "strong";

/** What stands where a number is not known: never an empty cell, which would shift the fields of a plain table. */
export const unknownCell: Cell = { text: "-", tone: "faint" };

/** A cell of a quantity with its unit: `918.2 GiB` on a terminal, `918.2GiB` elsewhere. */
export function quantity(text: string, tone?: Tone): Cell {
  const plain = text.replaceAll(" ", "");
  return { text, ...(plain === text ? {} : { plain }), ...(tone === undefined ? {} : { tone }) };
}
