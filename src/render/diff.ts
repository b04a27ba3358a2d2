import { diffHead, differenceDocument } from "../report/diff-document.ts";
import { diffLine, diffTotals, type DiffResult, type Numbers } from "../report/diff.ts";
import { painter } from "./colour.ts";
import { renderNotes } from "./notes.ts";
import { printablePath } from "./path.ts";
import { renderTable, type Shape } from "./table.ts";
import { printable } from "./width.ts";

export interface DiffTextOptions {
  readonly numbers: Numbers;
  /** Only the totals. */
  readonly summary: boolean;
}

/**
 * The differences a line each, then the totals, in pieces of some kilobytes. Off a terminal a tab stands between a
 * path and what is said of it, and the totals are comments.
 */
export function* renderDiff(result: DiffResult, shape: Shape, options: DiffTextOptions): Generator<string> {
  const paint = painter(shape.colour);
  const lines = (function* (): Generator<string> {
    if (options.summary) return;
    for (const difference of result.comparison.differences) {
      const line = diffLine(difference, result, options.numbers, shape.decorated ? "spaced" : "joined");
      const path = `${printablePath(line.path)}${line.isFolder ? "/" : ""}`;
      const detail = line.detail.map((part) =>
        typeof part === "string" ? printable(part) : printablePath(part),
      );
      const said = detail.join("");
      const after = said === "" ? "" : `${shape.decorated ? "  " : "\t"}${paint(said, "faint")}`;
      yield `${paint(line.symbol, line.tone)} ${path === "" || path === "/" ? "." : path}${after}\n`;
    }
  })();
  yield* pieces(lines);
  const totals = diffTotals(result, options.numbers);
  const table = renderTable(totals.columns, totals.rows, shape);
  const mark = shape.decorated || options.summary ? "" : "# ";
  const listed = !options.summary && result.comparison.differences.length > 0;
  yield `${listed && shape.decorated ? "\n" : ""}${table.replaceAll(/^(?=.)/gm, mark)}`;
  if (totals.notes.length > 0) yield renderNotes(totals.notes, shape, mark);
}

/** One document, in pieces: the differences of a fresh node are many, and one string of them all may be too long. */
export function* renderDiffJson(
  result: DiffResult,
  options: { readonly summary: boolean },
): Generator<string> {
  const text = JSON.stringify(diffHead(result), null, 2);
  if (options.summary) {
    yield `${text}\n`;
    return;
  }
  yield `${text.slice(0, -"\n}".length)},\n  "differences": [`;
  const { differences } = result.comparison;
  yield* pieces(
    (function* (): Generator<string> {
      let between = "\n    ";
      for (const difference of differences) {
        yield `${between}${JSON.stringify(differenceDocument(difference))}`;
        between = ",\n    ";
      }
    })(),
  );
  yield `${differences.length > 0 ? "\n  " : ""}]\n}\n`;
}

function* pieces(parts: Iterable<string>): Generator<string> {
  let piece = "";
  for (const part of parts) {
    piece += part;
    if (piece.length >= 1 << 16) {
      yield piece;
      piece = "";
    }
  }
  if (piece !== "") yield piece;
}
