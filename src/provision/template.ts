import { PimeshError } from "../core/error.ts";

/** What kind of text a value is filled into: each has its own way of being broken out of. */
export type Dialect = "unit" | "udev" | "plain";

/**
 * The text of `provision/` or `udev/` with every `{{name}}` replaced, in one pass: a value that looks like a placeholder
 * stays as it is. No value can add a line, a key or a word: what the dialect cannot express is refused (E-INVENTORY).
 * A placeholder without a value and a value without a placeholder are bugs (Error).
 */
export function fill(text: string, values: Readonly<Record<string, string>>, dialect: Dialect): string {
  const unused = new Set(Object.keys(values));
  const stray = /\{\{|\}\}/.exec(text.replaceAll(placeholders, ""));
  if (stray !== null) throw new Error(`${stray[0]} without its other half`);
  const filled = text.replaceAll(placeholders, (placeholder, name: string, offset: number) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new Error(`no value for the placeholder ${placeholder}`);
    unused.delete(name);
    return escapes[dialect](value, name, text.slice(text.lastIndexOf("\n", offset) + 1, offset));
  });
  if (unused.size > 0) throw new Error(`values without a placeholder: ${[...unused].join(", ")}`);
  return filled;
}

const placeholders = /\{\{(.*?)\}\}/g;

/** Gets the value, its name and what stands before it on its line; returns what to write. */
type Escape = (value: string, name: string, before: string) => string;

const escapes: Readonly<Record<Dialect, Escape>> = {
  unit(value, name) {
    refuse(value, name, "a unit file", [
      [controls, "a control character"],
      // systemd.syntax(7) has quotes for these, but not for every key: Where= takes them literally
      [/\s/, "white space"],
      [/["']/, "a quote"],
      // ExecStart= replaces $NAME; other keys do not, so doubling it would be wrong in half of the places
      [/\$/, "a dollar sign"],
      // Unit names are full of \x2d; any other backslash may be an escape, and at the end of a line it goes on
      [/\\(?!x[0-9a-f]{2})/, "a backslash"],
      // `Key=` alone forgets what was said before
      [/^$/, "nothing"],
    ]);
    // systemd.unit(5), specifiers
    return value.replaceAll("%", "%%");
  },
  udev(value, name, before) {
    const operator = /(==|!=|\+=|-=|:=|=)\s*"[^"]*$/.exec(before)?.[1];
    if (operator === undefined) throw new Error(`{{${name}}} stands outside of a udev value: ${before}`);
    refuse(value, name, "a udev rule", [
      [controls, "a control character"],
      [/"/, "a quote"],
      // udev(7): \" is a quote, every other backslash is one
      [/\\$/, "a backslash at its end"],
    ]);
    if (operator === "==" || operator === "!=") {
      // A pattern, where nothing can be escaped (udev(7), pattern matching); $ and % are not special here. An empty one
      // matches every device without the property
      refuse(value, name, "a udev match", [
        [/[*?[\]|]/, "a wildcard"],
        [/^$/, "nothing"],
      ]);
      return value;
    }
    return value.replaceAll("$", "$$$$").replaceAll("%", "%%");
  },
  plain(value, name) {
    refuse(value, name, "a line of text", [[controls, "a control character"]]);
    return value;
  },
};

/** C0, DEL and C1, and the two other characters that some readers take for the end of a line. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/;

function refuse(
  value: string,
  name: string,
  place: string,
  rules: readonly (readonly [RegExp, string])[],
): void {
  for (const [pattern, what] of rules) {
    if (pattern.test(value)) {
      throw new PimeshError(
        "E-INVENTORY",
        `${name} ${JSON.stringify(value)} cannot stand in ${place}: it holds ${what}`,
        {
          hint: "choose a plain name for it in the inventory: letters, digits, . _ - /",
        },
      );
    }
  }
}
