/**
 * The only place where shell text is made. A plain string cannot become a command by accident: `Command` is built by
 * the tag alone, and every value that goes through the tag arrives in the shell as exactly one word.
 */
export interface Command {
  readonly kind: "command";
  /** The text for the shell. Never print it: it may hold secrets. */
  readonly text: string;
  /** The same with every secret masked, for people and logs. */
  readonly shown: string;
}

export interface Secret {
  readonly kind: "secret";
  readonly value: string;
}

type Value = string | number | Command | Secret | readonly (string | number)[];

/** Marks a value that must never be printed. Secrets do not belong in argv: use this only inside a script on stdin. */
export function secret(value: string): Secret {
  return { kind: "secret", value };
}

/**
 * Shell text with every interpolated value quoted: a string or number becomes one word, an array becomes its words
 * with blanks between, a `Command` goes in as it stands.
 *
 * Holds for every POSIX shell: within single quotes nothing is special but the single quote itself
 * (POSIX.1-2017, Shell Command Language, 2.2.2). A NUL byte cannot be passed to any shell and is refused.
 */
export function sh(strings: TemplateStringsArray, ...values: readonly Value[]): Command {
  let text = strings.raw[0] ?? "";
  let shown = text;
  values.forEach((value, index) => {
    const after = strings.raw[index + 1] ?? "";
    text += render(value, "text") + after;
    shown += render(value, "shown") + after;
  });
  return { kind: "command", text, shown };
}

/** Commands one after another, a line each. */
export function script(...commands: readonly Command[]): Command {
  return {
    kind: "command",
    text: commands.map((command) => command.text).join("\n"),
    shown: commands.map((command) => command.shown).join("\n"),
  };
}

/**
 * A shell file of our own (from `provision/` or beside a module), taken as it is. Nothing may be filled into it:
 * values reach it as quoted arguments or variables.
 */
export function shellFile(text: string): Command {
  return { kind: "command", text, shown: text };
}

/** One word for a POSIX shell. */
export function quote(word: string): string {
  if (word.includes("\0")) throw new RangeError("a NUL byte cannot be passed to a shell");
  if (word !== "" && /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function render(value: Value, to: "text" | "shown"): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return quote(String(value));
  if (isList(value)) return value.map((word) => quote(String(word))).join(" ");
  if (value.kind === "secret") return to === "text" ? quote(value.value) : "***";
  return value[to];
}

function isList(value: Value): value is readonly (string | number)[] {
  return Array.isArray(value);
}
