import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  Parser,
  type Node as YamlNode,
  type Pair,
  type YAMLError,
} from "yaml";
import { escaped, formatPath, type Path, type Problem } from "./problem.ts";

/** A YAML document as plain values, and where each of them stands. */
export interface YamlTree {
  /** Mappings are objects, lists are arrays. */
  readonly value: unknown;
  /** Place of a value, or of its key; of what is missing, the place of the nearest thing around it. */
  place(path: Path, of: "key" | "value"): { readonly line: number; readonly column: number };
  /** The keys of a mapping as the file orders them: an object's own order puts numbers first. */
  keys(path: Path): readonly string[];
  /** Does the file say anything at this path? */
  has(path: Path): boolean;
}

/** Reads one document. With problems the tree is what could be made of the rest, or undefined. */
export function readYaml(text: string): { tree?: YamlTree; problems: readonly Problem[] } {
  const lines = new LineCounter();
  const tooMuch = exceedsLimits(text);
  if (tooMuch !== undefined) return { problems: [{ ...at(text, tooMuch.offset), message: tooMuch.message }] };
  // Duplicate keys are found below: the package compares every key with every other one.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: false,
  });
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) return { problems: withoutEchoes(broken, text, lines) };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return { problems: [{ message: "is empty; `pimesh init` writes a first inventory" }] };
  }
  return convert(document.contents, lines);
}

const limits = { depth: 48, tokens: 100_000, values: 20_000, aliases: 100 };

/**
 * Read token by token first: the package's composer calls itself for every level, and V8 ends the whole process when a
 * regular expression is compiled on a nearly full stack (20,000 times `[` do it [ran]).
 */
function exceedsLimits(text: string): { offset: number; message: string } | undefined {
  const parser = new Parser();
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens += 1;
    for (const token of parser.next(lexeme)) void token;
    if (parser.stack.length > limits.depth) {
      return { offset: parser.offset, message: "is nested too deeply for an inventory" };
    }
    if (tokens > limits.tokens) return { offset: parser.offset, message: "holds too much for an inventory" };
  }
  return undefined;
}

function convert(root: YamlNode, lines: LineCounter): { tree?: YamlTree; problems: readonly Problem[] } {
  const places = new Map<string, { key: number; value: number }>();
  const keys = new Map<string, string[]>();
  const anchors = new Map<string, YamlNode>();
  const open = new Set<YamlNode>();
  const problems: Problem[] = [];
  let values = 0;
  let aliases = 0;

  const complain = (path: Path, offset: number, message: string): undefined => {
    problems.push({
      ...position(lines, offset),
      ...(path.length === 0 ? {} : { key: formatPath(path) }),
      message,
    });
    return undefined;
  };

  const walk = (node: YamlNode | null, path: Path, keyAt: number, inAlias: boolean): unknown => {
    const valueAt = node?.range?.[0] ?? keyAt;
    places.set(id(path), { key: keyAt, value: valueAt });
    values += 1;
    // Said once: what lies beyond is not looked at.
    if (values > limits.values) {
      return values === limits.values + 1
        ? complain(path, valueAt, "expands to too much for an inventory")
        : undefined;
    }
    if (node === null) return null;
    if (isAlias(node)) {
      aliases += 1;
      const target = anchors.get(node.source);
      if (target === undefined)
        return complain(path, valueAt, `there is no anchor &${node.source} before this`);
      if (open.has(target)) return complain(path, valueAt, `the anchor &${node.source} contains itself`);
      if (aliases > limits.aliases) {
        return aliases === limits.aliases + 1
          ? complain(path, valueAt, "too many aliases for an inventory")
          : undefined;
      }
      return walk(target, path, keyAt, true);
    }
    // An alias means the nearest anchor before it, so one that is only walked again must not count as later.
    if (!inAlias && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    open.add(node);
    let result: unknown;
    if (isSeq(node)) {
      result = node.items.map((item, index) => {
        const child = item as YamlNode;
        return walk(child, [...path, index], child?.range?.[0] ?? valueAt, inAlias);
      });
    } else if (isMap(node)) {
      result = mapping(node.items as Pair<YamlNode, YamlNode | null>[], path, valueAt, inAlias);
    }
    open.delete(node);
    return result;
  };

  const mapping = (
    items: readonly Pair<YamlNode, YamlNode | null>[],
    path: Path,
    from: number,
    inAlias: boolean,
  ) => {
    const seen = new Map<string, number>();
    const entries: [string, unknown][] = [];
    for (const { key, value } of items) {
      const keyAt = key?.range?.[0] ?? from;
      if (!isScalar(key) || key.source === undefined || key.source === "") {
        complain(path, keyAt, "a key here is not a plain word");
        continue;
      }
      const name = typeof key.value === "string" ? key.value : key.source;
      const earlier = seen.get(name);
      if (name === "<<") {
        complain(path, keyAt, "merge keys (<<) are not supported; put what nodes share into defaults");
      } else if (earlier === undefined) {
        seen.set(name, keyAt);
        entries.push([name, walk(value, [...path, name], keyAt, inAlias)]);
      } else {
        complain([...path, name], keyAt, `is there twice, first in line ${position(lines, earlier).line}`);
      }
    }
    keys.set(id(path), [...seen.keys()]);
    return Object.fromEntries(entries);
  };

  const value = walk(root, [], 0, false);
  if (values > limits.values || aliases > limits.aliases) return { problems };
  const nearest = (path: Path): { key: number; value: number } =>
    places.get(id(path)) ??
    (path.length === 0 ? { key: 0, value: 0 } : nearestKey(nearest(path.slice(0, -1))));
  return {
    tree: {
      value,
      keys: (path) => keys.get(id(path)) ?? [],
      has: (path) => places.has(id(path)),
      place: (path, of) => position(lines, nearest(path)[of]),
    },
    problems,
  };
}

/** What is missing in a mapping is best looked for at the mapping's key. */
function nearestKey({ key }: { key: number }): { key: number; value: number } {
  return { key, value: key };
}

function id(path: Path): string {
  return JSON.stringify(path);
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function at(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before[before.length - 1] as string).length + 1 };
}

/** One slip makes several errors in the lines after it: a line is reported once, and only the first few. */
function withoutEchoes(errors: readonly YAMLError[], text: string, lines: LineCounter): Problem[] {
  const byLine = new Map<number, Problem>();
  for (const error of errors) {
    const together = errors.filter(({ pos }) => pos[0] === error.pos[0]);
    const { offset, message } = syntaxProblem(error, together, text, lines);
    const place = position(lines, offset);
    if (!byLine.has(place.line)) byLine.set(place.line, { ...place, message });
  }
  return [...byLine.values()].toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0)).slice(0, 5);
}

/**
 * The slip behind an error, and where a person finds it: the package points at where it stumbled. `together` are all
 * errors at the same place: which of them come together tells slips apart (yaml 2.9 [ran]).
 */
function syntaxProblem(
  { code, message, pos }: YAMLError,
  together: readonly YAMLError[],
  text: string,
  lines: LineCounter,
): { offset: number; message: string } {
  const [start] = pos;
  if (code === "BAD_INDENT" && message.startsWith("Flow ")) {
    const offset = lastOpen(text, start, "bracket") ?? start;
    const opener = text[offset] ?? "{";
    const closer = opener === "[" ? "]" : "}";
    const { line } = position(lines, start);
    return {
      offset,
      message: `this ${opener} is not closed before line ${line}; add its ${closer}, or indent every line up to it further`,
    };
  }
  if (code === "MISSING_CHAR" && /^Missing closing .quote/.test(message)) {
    return { offset: lastOpen(text, start, "quote") ?? start, message: "this quote is not closed" };
  }
  if (code === "BAD_INDENT" || /block sequence may not|without - indicator/i.test(message)) {
    return { offset: afterBlanks(text, start), message: oddIndent };
  }
  const codes = together.map((one) => one.code);
  const multiline = together.find((one) => one.code === "MULTILINE_IMPLICIT_KEY");
  if (multiline !== undefined) {
    if (codes.includes("BLOCK_IN_FLOW")) {
      return {
        offset: start,
        message: "a comma is missing after this, or the bracket around it is not closed",
      };
    }
    if (codes.includes("BLOCK_AS_IMPLICIT_KEY")) {
      const line = text.lastIndexOf("\n", multiline.pos[1] - 1) + 1;
      return { offset: afterBlanks(text, line), message: oddIndent };
    }
    return { offset: start, message: "this is no `key: value`: after a key comes a colon and a blank" };
  }
  if (code === "UNEXPECTED_TOKEN" && /-(?:map|seq)-end token/.test(message)) {
    return { offset: start, message: `this ${text[start] ?? "bracket"} closes nothing` };
  }
  // Some of the package's messages end in the text that they are about, which may be anything.
  const own = escaped(message.replace(/: ?["'].*$/s, ""));
  return { offset: start, message: syntaxMessages[code] ?? `is not valid YAML: ${own}` };
}

const oddIndent =
  "this line is not indented like the ones it belongs to: the keys of a mapping, and the - of a list, stand in one column";

/** Where the innermost bracket that is open at an offset, or the last quoted text before it, begins. */
function lastOpen(text: string, before: number, what: "bracket" | "quote"): number | undefined {
  const brackets: number[] = [];
  let quote: number | undefined;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (offset >= before) break;
    // Marks of the lexer's own, which are not in the text.
    if (lexeme === "\x02" || lexeme === "\x18" || lexeme === "\x1f") continue;
    if (lexeme === "{" || lexeme === "[") brackets.push(offset);
    else if (lexeme === "}" || lexeme === "]") brackets.pop();
    else if (/^["']/.test(lexeme)) quote = offset;
    offset += lexeme.length;
  }
  return what === "bracket" ? brackets.at(-1) : quote;
}

function afterBlanks(text: string, offset: number): number {
  let end = offset;
  while (text[end] === " ") end += 1;
  return end;
}

const syntaxMessages: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  TAB_AS_INDENT: "a tab stands where YAML wants blanks for indentation",
  MULTIPLE_DOCS: "a second YAML document starts here; an inventory is one document",
  TAG_RESOLVE_FAILED: "YAML tags (!name) are not supported here",
  BLOCK_AS_IMPLICIT_KEY: "two `key: value` in one line; put text that holds a colon in quotes",
  BAD_DIRECTIVE: "a line that starts with % is a directive for YAML, and not one that it knows",
  BAD_SCALAR_START: "text that starts like this has to stand in quotes",
};
