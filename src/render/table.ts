import CliTable from "cli-table3";
import { unknownCell, type Cell, type Column } from "../report/report.ts";
import { painter, type Paint } from "./colour.ts";
import { displayWidth, printable, truncate } from "./width.ts";

/** What the stream can show; `commands/context.ts` `Terminal` has this shape. */
export interface Shape {
  /** A terminal: a rule below the titles. Otherwise plain columns with at least two blanks between. */
  readonly decorated: boolean;
  readonly colour: boolean;
  readonly columns: number | undefined;
}

/**
 * The table as lines, each ended by a newline. What is too wide is stacked: parts below each other, every part led by
 * the first column, so that nothing is dropped and no row is broken by the terminal.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  shape: Shape,
): string {
  const titles = columns.map((column) => (shape.decorated ? column.title : (column.plain ?? column.title)));
  const cells = rows.map((row) => row.map((cell) => ({ ...cell, text: shown(cell, shape) })));
  const widths = widthsOf(titles, cells);
  const gaps = columns.map((column, index) => (index === 0 ? 0 : shape.decorated && column.tight ? 1 : 2));
  const parts = stack(columns, widths, gaps, shape.columns);
  const paint = painter(shape.colour);
  return parts
    .map((part) => {
      // Stacked, a row that has nothing to say in a part is left out of it.
      const speaks = (row: readonly Cell[]) =>
        parts.length === 1 || part.slice(1).some((index) => row[index]?.text !== unknownCell.text);
      const speaking = cells.filter(speaks);
      const drawn = { columns, titles, cells: speaking, gaps, widths: widthsOf(titles, speaking) };
      return drawPart(part, drawn, shape, paint);
    })
    .join("\n");
}

/** Which columns stand in which part: a whole group where it fits, else as many of its columns as fit. */
function stack(
  columns: readonly Column[],
  widths: readonly number[],
  gaps: readonly number[],
  limit: number | undefined,
): number[][] {
  const all = columns.map((_, index) => index);
  const width = (part: readonly number[]) =>
    part.reduce((sum, index) => sum + (widths[index] ?? 0) + (gaps[index] ?? 0), 0);
  const fits = (part: readonly number[]) => limit === undefined || width(part) <= limit;
  if (fits(all) || columns.length < 2) return [all];

  const groups = new Map<string | undefined, number[]>();
  for (const index of all.slice(1)) {
    const group = columns[index]?.group;
    const members = groups.get(group) ?? [0];
    members.push(index);
    groups.set(group, members);
  }
  return [...groups.values()].flatMap((part) => (fits(part) ? [part] : filled(part, fits)));
}

/** As many columns in each part as fit, the first of all in every one. */
function filled(columns: readonly number[], fits: (part: readonly number[]) => boolean): number[][] {
  const parts: number[][] = [];
  let part = [0];
  for (const index of columns.slice(1)) {
    if (part.length > 1 && !fits([...part, index])) {
      parts.push(part);
      part = [0];
    }
    part.push(index);
  }
  return [...parts, part];
}

interface Drawn {
  readonly columns: readonly Column[];
  readonly titles: readonly string[];
  readonly cells: readonly (readonly Cell[])[];
  readonly gaps: readonly number[];
  readonly widths: readonly number[];
}

function drawPart(part: readonly number[], drawn: Drawn, shape: Shape, paint: Paint): string {
  const room = roomOf(part, drawn, shape.columns);
  const table = new CliTable({
    chars: bare,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0, compact: true },
    colAligns: part.map((index) => drawn.columns[index]?.align ?? "left"),
  });
  const line = (texts: readonly string[], tones: readonly (Cell["tone"] | undefined)[]) =>
    texts.map((text, place) => {
      const gap = place === 0 ? 0 : (drawn.gaps[part[place] ?? 0] ?? 2);
      return " ".repeat(gap) + paint(truncate(text, room[place] ?? 0), tones[place]);
    });
  // The gap stands inside the cell: cli-table3 knows one separator for the whole table, and ours differ.
  const body = [
    line(
      part.map((index) => drawn.titles[index] ?? ""),
      part.map(() => "strong"),
    ),
    ...drawn.cells.map((row) =>
      line(
        part.map((index) => row[index]?.text ?? ""),
        part.map((index) => row[index]?.tone),
      ),
    ),
  ];
  table.push(...body);
  const lines = table
    .toString()
    .split("\n")
    .map((text) => text.trimEnd());
  if (shape.decorated) {
    const width = part.reduce((sum, index, place) => sum + (room[place] ?? 0) + (drawn.gaps[index] ?? 0), 0);
    lines.splice(1, 0, paint("─".repeat(width), "faint"));
  }
  return `${lines.join("\n")}\n`;
}

/** The width of each column; where even the smallest part is too wide, its widest columns give way. */
function roomOf(part: readonly number[], drawn: Drawn, limit: number | undefined): number[] {
  const room = part.map((index) => drawn.widths[index] ?? 0);
  if (limit === undefined) return room;
  const gaps = part.reduce((sum, index, place) => sum + (place === 0 ? 0 : (drawn.gaps[index] ?? 0)), 0);
  while (room.reduce((sum, width) => sum + width, gaps) > limit && Math.max(...room) > 1) {
    const widest = room.indexOf(Math.max(...room));
    room[widest] = (room[widest] ?? 1) - 1;
  }
  return room;
}

function widthsOf(titles: readonly string[], cells: readonly (readonly Cell[])[]): number[] {
  return titles.map((title, index) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[index]?.text ?? ""))),
  );
}

function shown(cell: Cell, shape: Shape): string {
  return printable(shape.decorated ? cell.text : (cell.plain ?? cell.text));
}

const bare = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};
