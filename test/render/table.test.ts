import { describe, expect, test } from "vitest";
import { renderTable } from "../../src/render/table.ts";
import { displayWidth } from "../../src/render/width.ts";
import type { Cell, Column } from "../../src/report/report.ts";

const terminal = { decorated: true, colour: false, columns: 80 };
const pipe = { decorated: false, colour: false, columns: undefined };

const columns: readonly Column[] = [
  { title: "NODE", align: "left" },
  { title: "STATE", align: "left", group: "tree" },
  { title: "FILES", align: "right", group: "tree" },
  { title: "%", plain: "FILES%", align: "right", group: "tree", tight: true },
  { title: "LOAD", align: "right", group: "machine" },
];
const rows: readonly (readonly Cell[])[] = [
  cells("laptop", "= reference", "297,481", "-", "-"),
  [
    { text: "mom" },
    { text: "✓ ok", plain: "ok", tone: "good" },
    { text: "297,000", plain: "297000" },
    { text: "99.8%" },
    { text: "0.23" },
  ],
];

describe("a table", () => {
  test("on a terminal has a rule below its titles and one blank before a tight column", () => {
    expect(renderTable(columns, rows, terminal)).toMatchInlineSnapshot(`
      "NODE    STATE          FILES     %  LOAD
      ────────────────────────────────────────
      laptop  = reference  297,481     -     -
      mom     ✓ ok         297,000 99.8%  0.23
      "
    `);
  });

  test("off a terminal is plain columns of single words, which awk can count", () => {
    const text = renderTable(columns, rows, pipe);
    expect(text).toMatchInlineSnapshot(`
      "NODE    STATE          FILES  FILES%  LOAD
      laptop  = reference  297,481       -     -
      mom     ok            297000   99.8%  0.23
      "
    `);
    expect(text.split("\n")[2]?.split(/\s+/)).toEqual(["mom", "ok", "297000", "99.8%", "0.23"]);
  });

  test("that is too wide is stacked by groups, and leaves out rows that say nothing in a part", () => {
    expect(renderTable(columns, rows, { ...terminal, columns: 36 })).toMatchInlineSnapshot(`
      "NODE    STATE          FILES     %
      ──────────────────────────────────
      laptop  = reference  297,481     -
      mom     ✓ ok         297,000 99.8%

      NODE  LOAD
      ──────────
      mom   0.23
      "
    `);
  });

  test("whose group is too wide as well takes as many columns as fit", () => {
    const text = renderTable(columns, rows, { ...terminal, columns: 22 });
    expect(text).toMatchInlineSnapshot(`
      "NODE    STATE
      ───────────────────
      laptop  = reference
      mom     ✓ ok

      NODE      FILES     %
      ─────────────────────
      laptop  297,481     -
      mom     297,000 99.8%

      NODE  LOAD
      ──────────
      mom   0.23
      "
    `);
  });

  test.each([80, 40, 22, 12, 5, 1])("never has a line wider than %i columns", (width) => {
    const wide = [...rows, cells("grandma-in-the-mountains", "⊘ disk-absent", "1", "0.1%", "12.5")];
    for (const line of renderTable(columns, wide, { ...terminal, columns: width }).split("\n")) {
      // Two columns and the gap between them are the least that a part can be.
      expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(width, 4));
    }
  });

  test("keeps its columns where names are double-width, emoji or accented", () => {
    const lines = renderTable(
      columns.slice(0, 2),
      [cells("祖母の家", "ok"), cells("oma 👵", "ok"), cells("maman é", "ok"), cells("ascii", "ok")],
      pipe,
    )
      .split("\n")
      .slice(1, -1);
    expect(lines.map((line) => displayWidth(line.slice(0, line.indexOf("ok"))))).toEqual([10, 10, 10, 10]);
  });

  test("has colour only where colour is wanted, and the same words either way", () => {
    const coloured = renderTable(columns, rows, { ...terminal, colour: true });
    expect(coloured).toContain("\u001b[32m✓ ok\u001b[0m");
    // eslint-disable-next-line no-control-regex -- the escape is what is looked for
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(renderTable(columns, rows, terminal));
    expect(renderTable(columns, rows, terminal)).not.toContain("\u001b");
  });

  test("lets no control character of a node through to the terminal", () => {
    const text = renderTable(columns.slice(0, 2), [cells("mom\u001b[2J\u009b", "a\nb\u202e")], terminal);
    expect(text).toContain(String.raw`mom\x1b[2J\x9b`);
    expect(text).toContain(String.raw`a\x0ab\u202e`);
  });

  test("without rows is its titles", () => {
    expect(renderTable(columns, [], pipe)).toBe("NODE  STATE  FILES  FILES%  LOAD\n");
  });
});

function cells(...texts: readonly string[]): Cell[] {
  return texts.map((text) => ({ text }));
}
