import { describe, expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import { renderErrors } from "../../src/render/errors.ts";
import { renderNotes } from "../../src/render/notes.ts";
import type { Note } from "../../src/report/report.ts";

const note: Note = {
  about: ["mom"],
  text: "its clock is 3 min behind the laptop's: the engines judge files by their time (W-CLOCK)",
  try: ["ssh -J pi@home.example.org -p 2222 pi@mom.example.org timedatectl --and --more --options"],
  tone: "warn",
};

describe("notes", () => {
  test("are broken at blanks, but a command to try stays one line to copy", () => {
    expect(renderNotes([note], { colour: false, columns: 60 })).toMatchInlineSnapshot(`
      "mom: its clock is 3 min behind the laptop's: the engines
        judge files by their time (W-CLOCK)
        try: ssh -J pi@home.example.org -p 2222 pi@mom.example.org timedatectl --and --more --options
      "
    `);
  });

  test("below a plain table begin with a mark that programs skip", () => {
    expect(renderNotes([note], { colour: false, columns: undefined }, "# ").split("\n").slice(0, -1)).toEqual(
      [`# mom: ${note.text}`, `#   try: ${note.try[0]}`],
    );
  });

  test("of several nodes that speak of one say that each is meant", () => {
    const both = { ...note, about: ["home", "mom"], try: [] };
    const shape = { colour: false, columns: undefined };
    expect(renderNotes([both], shape)).toMatch(/^home, mom \(each\): its clock /);
    expect(renderNotes([{ ...both, text: "not compared" }], shape)).toBe("home, mom: not compared\n");
  });

  test("paint the name alone", () => {
    const text = renderNotes([{ ...note, try: [] }], { colour: true, columns: undefined });
    expect(text).toBe(`\u001b[33mmom:\u001b[0m ${note.text}\n`);
  });

  test("let no control character through", () => {
    const text = renderNotes([{ ...note, text: "\u001b[2J" }], { colour: false, columns: 80 });
    expect(text).not.toContain("\u001b");
  });
});

describe("errors", () => {
  test("that are the same on several nodes are said once, with the command for each", () => {
    const silent = new PimeshError("E-NO-ADDRESS-ANSWERS", "no address answers", { node: "shed" });
    expect(renderErrors([unknownKey("home"), silent, unknownKey("mom")], { colour: false, columns: 80 }))
      .toMatchInlineSnapshot(`
      "home, mom (each): nothing is known about its host key (E-HOST-KEY-UNKNOWN)
        try: pimesh trust home
        try: pimesh trust mom
      shed: no address answers (E-NO-ADDRESS-ANSWERS)
      "
    `);
  });

  test("without a node stand for themselves", () => {
    const error = new PimeshError("E-INVENTORY-MISSING", "there is no inventory", { hint: "pimesh init" });
    expect(renderErrors([error], { colour: false, columns: 80 })).toBe(
      "there is no inventory (E-INVENTORY-MISSING)\n  try: pimesh init\n",
    );
  });
});

function unknownKey(node: string): PimeshError {
  return new PimeshError("E-HOST-KEY-UNKNOWN", `${node}: nothing is known about its host key`, {
    node,
    hint: `pimesh trust ${node}`,
  });
}
