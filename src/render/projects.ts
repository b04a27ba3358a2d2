import { projectsReport, type ProjectsResult } from "../report/projects.ts";
import { renderNotes } from "./notes.ts";
import { printablePath } from "./path.ts";
import { renderTable, type Shape } from "./table.ts";

/** A row for each finding, then what to do about them. Off a terminal the notes are comments. */
export function renderProjects(result: ProjectsResult, shape: Shape, numbers: "human" | "exact"): string {
  const { columns, rows, paths, notes } = projectsReport(result, numbers);
  const named = rows.map((row, index) => [...row, { text: placeOf(paths[index] as Buffer) }]);
  const table = rows.length === 0 ? "" : renderTable(columns, named, shape);
  const between = table === "" || !shape.decorated ? "" : "\n";
  return `${table}${between}${renderNotes(notes, shape, shape.decorated ? "" : "# ")}`;
}

function placeOf(path: Buffer): string {
  return path.length === 0 ? "." : `${printablePath(path)}/`;
}
