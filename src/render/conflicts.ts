import type { ConflictsReport } from "../report/conflicts.ts";
import { renderNotes } from "./notes.ts";
import { printablePath } from "./path.ts";
import { renderTable, type Shape } from "./table.ts";

/**
 * A row for each copy, then what to do about them. Off a terminal the notes are comments. A long path is broken by the
 * terminal: no other column would tell the rows of a stacked table apart.
 */
export function renderConflicts({ columns, rows, paths, notes }: ConflictsReport, shape: Shape): string {
  const named = rows.map((row, index) => [...row, { text: printablePath(paths[index] as Buffer) }]);
  const table = rows.length === 0 ? "" : renderTable(columns, named, { ...shape, columns: undefined });
  const between = table === "" || !shape.decorated ? "" : "\n";
  return `${table}${between}${renderNotes(notes, shape, shape.decorated ? "" : "# ")}`;
}
