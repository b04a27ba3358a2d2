import type { Note } from "../report/report.ts";
import { painter } from "./colour.ts";
import { printable, wrap } from "./width.ts";

/**
 * Notes as lines: `mom, grandma: what is wrong`, then each command to try on a line of its own, never broken. `mark`
 * stands before every line: below a plain table a `# ` keeps programs from taking notes for rows.
 */
export function renderNotes(
  notes: readonly Note[],
  shape: { readonly colour: boolean; readonly columns: number | undefined },
  mark = "",
): string {
  const paint = painter(shape.colour);
  const lines = notes.flatMap((note) => {
    // What is said of one node may call it "it".
    const each = note.about.length > 1 && /\b(?:it|its)\b/i.test(note.text) ? " (each)" : "";
    const about = note.about.length === 0 ? "" : `${note.about.join(", ")}${each}: `;
    const [first = "", ...more] = wrap(
      printable(`${about}${note.text}`),
      shape.columns === undefined ? undefined : Math.max(20, shape.columns - 2),
    );
    const head = printable(about).trimEnd();
    const painted = first.startsWith(head) ? paint(head, note.tone) + first.slice(head.length) : first;
    return [
      painted,
      ...more.map((line) => `  ${line}`),
      ...note.try.map((command) => `  try: ${printable(command)}`),
    ];
  });
  return lines.map((line) => `${mark}${line}\n`).join("");
}
