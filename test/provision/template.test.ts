import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import { fill, type Dialect } from "../../src/provision/template.ts";

const unit = "[Mount]\nWhat={{what}}\nWhere={{where}}\n";
const rule = 'ENV{ID}=="{{id}}", ENV{WANTS}+="a {{wants}}"\n';

describe("filling", () => {
  test("puts each value where its placeholder stands, as often as it stands there", () => {
    expect(fill("a {{x}} b {{y}} {{x}}", { x: "1", y: "2" }, "plain")).toBe("a 1 b 2 1");
  });

  test("does not look into values for placeholders", () => {
    expect(fill("{{x}}", { x: "{{y}}" }, "plain")).toBe("{{y}}");
    expect(fill("{{x}}{{y}}", { x: "$&$1", y: "" }, "plain")).toBe("$&$1");
  });

  test.each([
    ["a placeholder without a value", "{{x}} {{y}}", { x: "1" }],
    ["a value without a placeholder", "{{x}}", { x: "1", y: "2" }],
    ["an inherited name", "{{toString}}", {}],
    ["an open brace", "{{x}} {{x", { x: "1" }],
    ["a closed brace", "{{x}} x}}", { x: "1" }],
    ["a udev placeholder outside of quotes", "{{x}}", { x: "1" }],
  ])("takes %s for a bug", (_, text, values) => {
    expect(() => fill(text, values, "udev")).toThrow(Error);
    expect(() => fill(text, values, "udev")).not.toThrow(PimeshError);
  });
});

describe("a unit file", () => {
  test.each([
    ["/media/btsync", "/media/btsync"],
    ["/media/100%", "/media/100%%"],
    ["%n%%", "%%n%%%%"],
    [String.raw`srv-my\x2ddisk.mount`, String.raw`srv-my\x2ddisk.mount`],
    ["/media/größe", "/media/größe"],
  ])("holds %s as %s", (value, written) => {
    expect(fill("X={{x}}\n", { x: value }, "unit")).toBe(`X=${written}\n`);
  });

  test.each([
    ["a new line and a key", "/media/x\nOptions=suid"],
    ["a carriage return", "x\ry"],
    ["a NUL", "x\0y"],
    ["a blank", "/media/my disk"],
    ["a no-break space", "/media/my\u00A0disk"],
    ["a tab", "a\tb"],
    ["a quote", 'a"b'],
    ["an apostrophe", "mom's"],
    ["a variable", "$HOME"],
    ["an escape", String.raw`a\nb`],
    ["a line that goes on", "a\\"],
    ["nothing", ""],
  ])("refuses %s", (_, value) => {
    expect(() => fill("X={{x}}\n", { x: value }, "unit")).toThrow(PimeshError);
  });
});

describe("a udev rule", () => {
  test("doubles what is replaced in an assignment, and nothing in a match", () => {
    expect(fill(rule, { id: "5$%", wants: "5$%" }, "udev")).toBe('ENV{ID}=="5$%", ENV{WANTS}+="a 5$$%%"\n');
  });

  test.each([
    ["a quote", { id: 'a"', wants: "" }],
    ["a quote in an assignment", { id: "a", wants: '", RUN+="/bin/sh' }],
    ["a new line", { id: "a\n", wants: "" }],
    ["a backslash before the closing quote", { id: "a", wants: "a\\" }],
    ["a wildcard in a match", { id: "*", wants: "" }],
    ["an alternative in a match", { id: "a|b", wants: "" }],
    ["a match with nothing", { id: "", wants: "" }],
  ])("refuses %s", (_, values) => {
    expect(() => fill(rule, values, "udev")).toThrow(PimeshError);
  });
});

/** Undefined when the value is refused. */
function tried(text: string, values: Readonly<Record<string, string>>, dialect: Dialect): string | undefined {
  try {
    return fill(text, values, dialect);
  } catch (error) {
    if (error instanceof PimeshError) return undefined;
    throw error;
  }
}

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\n",
      "\r",
      "\0",
      "\\",
      '"',
      "'",
      "$",
      "%",
      "=",
      "[",
      "]",
      "#",
      ";",
      " ",
      "\t",
      "{{",
      "}}",
      ",",
    ),
    fc.string({ minLength: 1, maxLength: 3, unit: "grapheme" }),
  ),
  maxLength: 8,
});

describe("no value can add", () => {
  test("a line or a key to a unit file", () => {
    fc.assert(
      fc.property(nasty, nasty, (what, where) => {
        const text = tried(unit, { what, where }, "unit");
        if (text === undefined) return;
        const lines = text.split(/[\n\r\0]/);
        expect(lines).toHaveLength(4);
        expect(lines.map((line) => line.split("=")[0])).toEqual(["[Mount]", "What", "Where", ""]);
        expect(lines.some((line) => line.endsWith("\\"))).toBe(false);
        expect((lines[1] as string).slice(5).replaceAll("%%", "%")).toBe(what);
      }),
    );
  });

  test("a line or a key to a udev rule", () => {
    fc.assert(
      fc.property(nasty, nasty, (id, wants) => {
        const text = tried(rule, { id, wants }, "udev");
        if (text === undefined) return;
        expect(text.split(/[\n\r\0]/)).toHaveLength(2);
        const read = /^ENV\{ID\}=="([^"]*)", ENV\{WANTS\}\+="a ([^"]*)"\n$/.exec(text);
        expect(read?.[1]).toBe(id);
        expect(read?.[2]?.replaceAll("$$", () => "$").replaceAll("%%", "%")).toBe(wants);
        expect(text).not.toContain('\\"');
      }),
    );
  });

  test("a line to plain text", () => {
    fc.assert(
      fc.property(nasty, (x) => {
        const text = tried("x = {{x}}\n", { x }, "plain");
        if (text === undefined) return;
        expect(text).toBe(`x = ${x}\n`);
        expect(text.split(/[\n\r\0]/)).toHaveLength(2);
      }),
    );
  });
});
