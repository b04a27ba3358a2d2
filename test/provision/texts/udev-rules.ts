/**
 * The part of udev(7) that our rule uses: a parser that complains about everything it does not know, and an evaluator.
 * udevadm verify does the former, but not in the systemd of bookworm.
 */
export interface Token {
  readonly key: string;
  readonly attribute: string | undefined;
  readonly operator: string;
  readonly value: string;
}

export interface Line {
  readonly tokens: readonly Token[];
  readonly problems: readonly string[];
}

export interface Event {
  readonly action: string;
  readonly subsystem: string;
  readonly properties: Readonly<Record<string, string>>;
  /** What the last event of this device has left. */
  readonly database: Readonly<Record<string, string>>;
}

/** Keys and the operators that udev accepts for them. */
const grammar: Readonly<Record<string, readonly string[]>> = {
  ACTION: ["==", "!="],
  SUBSYSTEM: ["==", "!="],
  ENV: ["==", "!=", "=", "+="],
  IMPORT: ["="],
  TAG: ["==", "!=", "=", "+=", "-="],
  GOTO: ["="],
  LABEL: ["="],
  RUN: ["=", "+="],
};

/** Lines with tokens; comments and empty lines are left out. */
export function parse(text: string): Line[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const read = lines.map(parseLine);
  const labels = read.flatMap((line) =>
    line.tokens.filter((token) => token.key === "LABEL").map((token) => token.value),
  );
  return read.map((line, index) => ({
    tokens: line.tokens,
    problems: [
      ...line.problems,
      ...line.tokens
        .filter((token) => token.key === "GOTO" && !labels.includes(token.value))
        .map((token) => `line ${index + 1}: no LABEL ${token.value}`),
    ],
  }));
}

function parseLine(line: string): Line {
  const tokens: Token[] = [];
  const problems: string[] = [];
  let rest = line;
  while (rest !== "") {
    const match = /^([A-Z]+)(?:\{([^}]+)\})?(==|!=|\+=|-=|:=|=)"([^"]*)"(?:, |$)/.exec(rest);
    if (match === null) {
      problems.push(`not udev's grammar: ${rest}`);
      break;
    }
    const [whole, key = "", attribute, operator = "", value = ""] = match;
    if (grammar[key]?.includes(operator) !== true) problems.push(`${key}${operator} is not allowed: ${line}`);
    if ((key === "ENV" || key === "IMPORT") !== (attribute !== undefined))
      problems.push(`{…} of ${key}: ${line}`);
    if (value.endsWith("\\")) problems.push(`an escaped quote: ${line}`);
    tokens.push({ key, attribute, operator, value });
    rest = rest.slice(whole.length);
  }
  return { tokens, problems };
}

/** The properties after the rules, and what RUN names in `programs`; in a line, tokens count from left to right up to the first that does not match. */
export function evaluate(text: string, event: Event, programs: string[] = []): Record<string, string> {
  const properties: Record<string, string> = { ...event.properties };
  let skipTo: string | undefined;
  for (const { tokens } of parse(text)) {
    if (skipTo !== undefined) {
      if (!tokens.some((token) => token.key === "LABEL" && token.value === skipTo)) continue;
      skipTo = undefined;
    }
    if (!tokens.every((token) => matches(token, event, properties))) continue;
    for (const token of tokens) {
      if (token.key === "GOTO") skipTo = token.value;
      if (token.key === "RUN") programs.push(token.value);
      if (token.key === "ENV" && (token.operator === "=" || token.operator === "+=")) {
        const name = token.attribute as string;
        const value = token.value.replaceAll("$$", () => "$").replaceAll("%%", "%");
        const before = properties[name] ?? "";
        properties[name] = token.operator === "+=" && before !== "" ? `${before} ${value}` : value;
      }
    }
  }
  return properties;
}

/** An IMPORT is a match as well: it fails when there is nothing to import. */
function matches(token: Token, event: Event, properties: Record<string, string>): boolean {
  if (token.key === "IMPORT") {
    if (token.attribute !== "db") throw new Error(`IMPORT{${token.attribute}} is not known here`);
    const value = event.database[token.value];
    if (value === undefined) return false;
    properties[token.value] = value;
    return true;
  }
  if (token.operator !== "==" && token.operator !== "!=") return true;
  const actual =
    token.key === "ACTION"
      ? event.action
      : token.key === "SUBSYSTEM"
        ? event.subsystem
        : (properties[token.attribute ?? ""] ?? "");
  return (actual === token.value) === (token.operator === "==");
}
