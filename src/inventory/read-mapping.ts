import type * as z from "zod";
import { formatPath, suggestion, type Path, type Problem } from "./problem.ts";
import type { YamlTree } from "./yaml-tree.ts";

/** Collects what is wrong, each with the place of its key or value. */
export interface Reader {
  readonly tree: YamlTree;
  readonly problems: Problem[];
  complain(path: Path, of: "key" | "value", message: string): void;
}

export function reader(tree: YamlTree, problems: readonly Problem[]): Reader {
  const all: Problem[] = [];
  const said = new Set<string>();
  // What could not be read (an alias to nowhere) is not missing besides.
  const add = (problem: Problem): void => {
    const id = JSON.stringify([problem.line, problem.column, problem.key]);
    if (!said.has(id)) all.push(problem);
    said.add(id);
  };
  problems.forEach(add);
  return {
    tree,
    problems: all,
    complain: (path, of, message) => {
      add({ ...tree.place(path, of), ...(path.length === 0 ? {} : { key: formatPath(path) }), message });
    },
  };
}

type Values<S extends z.ZodRawShape> = { -readonly [K in keyof S]?: z.output<S[K]> };

/**
 * The values of a mapping that are in order; a key that is not does not stop the others from being read. A value that is
 * no mapping gives undefined.
 */
export function readMapping<S extends z.ZodRawShape>(
  { shape }: z.ZodObject<S>,
  value: unknown,
  path: Path,
  to: Reader,
): Values<S> | undefined {
  if (value === undefined) return undefined;
  if (!isMapping(value)) {
    to.complain(path, "value", wrongType("object", value));
    return undefined;
  }
  const known = Object.keys(shape);
  const result: Record<string, unknown> = {};
  for (const [key, content] of Object.entries(value)) {
    if (!Object.hasOwn(shape, key)) to.complain([...path, key], "key", unknownKey(key, known));
    else if (content !== undefined)
      result[key] = readValue(shape[key] as z.ZodType, content, [...path, key], to);
  }
  return result as Values<S>;
}

/** The value, or undefined when it is not in order. */
export function readValue<S extends z.ZodType>(
  schema: S,
  value: unknown,
  path: Path,
  to: Reader,
): z.output<S> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues)
    complainOf(issue, { schema, root: value, path, orFalse: false }, to);
  return undefined;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const noValue = "has no value; give it one or take the line out";

interface About {
  readonly schema: z.ZodType;
  readonly root: unknown;
  readonly path: Path;
  /** `false` would have been fine too. */
  readonly orFalse: boolean;
}

function complainOf(issue: z.core.$ZodIssue, about: About, to: Reader): void {
  const inner = issue.path as (string | number)[];
  // A single value was read as a list of one.
  const path = [...about.path, ...inner].filter(
    (part, index, all) => typeof part === "string" || to.tree.has(all.slice(0, index + 1)),
  );
  const value = inner.reduce<unknown>(
    (outer, part) => (isIndexable(outer) ? outer[part] : outer),
    about.root,
  );
  // Only the value itself may be false instead, not what lies in it.
  const orFalse = about.orFalse && inner.length === 0 ? " or false" : "";
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys)
      to.complain([...path, key], "key", unknownKey(key, knownKeys(about.schema)));
  } else if (issue.code === "invalid_union") {
    // The first option is `false`; the last is the one with something to say.
    for (const each of issue.errors.at(-1) ?? []) {
      complainOf({ ...each, path: [...inner, ...each.path] }, { ...about, orFalse: true }, to);
    }
  } else if (issue.code === "invalid_value") {
    const words = issue.values.map(String);
    const list = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
    to.complain(path, "value", value === null ? noValue : `must be ${list}${suggestionFor(value, words)}`);
  } else if (issue.code === "invalid_type") {
    const advice =
      inner.length === 0 && path.at(-1) === "swap" && typeof value === "string"
        ? "; write { size: 4GiB }, or auto"
        : "";
    to.complain(
      path,
      "value",
      value === null ? noValue : `${wrongType(issue.expected, value, orFalse)}${advice}`,
    );
  } else {
    to.complain(path, "value", issue.code === "too_small" ? "is an empty list" : issue.message);
  }
}

/** Words that people write for yes and none: YAML 1.2 takes them for text. */
function suggestionFor(value: unknown, words: readonly string[]): string {
  if (typeof value !== "string") return "";
  if (words.includes("true") && /^(?:yes|on)$/i.test(value)) return " (did you mean true?)";
  if (words.includes("false") && /^(?:no|none|off|never|null)$/i.test(value)) return " (did you mean false?)";
  // A short word is soon near another that means something else: rsync is not btsync.
  return suggestion(value, words, value.length < 7 ? 1 : 2);
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  object: "a mapping (key: value)",
  array: "a list",
};

export function wrongType(expected: string, value: unknown, orFalse = ""): string {
  const quotes = expected === "string" && ["number", "boolean"].includes(typeof value);
  return `must be ${kinds[expected] ?? expected}${orFalse}, not ${kindOf(value)}${quotes ? "; put it in quotes" : ""}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isMapping(value)) return "a mapping";
  // Never the value itself: it may be a secret in the wrong place.
  return typeof value === "string" ? "text" : typeof value === "boolean" ? `${value}` : `a ${typeof value}`;
}

function unknownKey(key: string, known: readonly string[]): string {
  if (/pass(?:word|phrase|wd|code)?(?:$|[_-])|secret|token|api[_-]?key|credential/i.test(key)) {
    return "unknown key; no secret stands in an inventory: the sudo password goes into a file of mode 0600, named by sudo_password_file, or is asked for, and an engine's key into one named by engine.key_file";
  }
  const near = suggestion(key, known);
  return `unknown key${near === "" ? `; known here: ${known.join(", ")}` : near}`;
}

function knownKeys(schema: z.ZodType): string[] {
  if ("shape" in schema) return Object.keys(schema.shape as object);
  // What a preprocess leads to
  if ("out" in schema) return knownKeys(schema.out as z.ZodType);
  const options = "options" in schema ? (schema.options as z.ZodType[]) : [];
  return options.flatMap(knownKeys);
}

function isIndexable(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === "object" && value !== null;
}
