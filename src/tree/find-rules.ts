import {
  inFlightPrefixes,
  inFlightSuffixes,
  neverSuffixes,
  rootArtefactPrefixes,
  rootArtefacts,
} from "../engine/artefacts.ts";
import { matchesGlob } from "../engine/glob.ts";
import type { Filter } from "./filter.ts";

/** What find does with what it has found, as words of its command line. */
export interface FindActions {
  /** Files that an engine is still receiving. */
  readonly inFlight: readonly string[];
  /** Everything that counts. */
  readonly entry: readonly string[];
}

/**
 * A filter as find's own expression, for GNU find and busybox: whole folders are pruned, so that an archive of deleted
 * files is not even walked. To be run as `find . WORDS` in the tree's root, in the C locale, where its patterns go by
 * bytes as ours do.
 */
export function findWords(filter: Filter, actions: FindActions): string[] {
  const never = any([
    ...rootedArtefacts(),
    ...filter.outside.map((path) => rooted(text(path).split("/").map(literal))),
    ...filter.rules.names.map((name) => ["-name", wild(name)]),
    ...filter.rules.rooted.map((components) => [
      ...(components.at(-1) === "*" ? ["!", "-type", "d"] : []),
      ...rooted(components.map(wild)),
    ]),
    ...inFlightPrefixes.map((prefix) => ["-type", "d", "-name", `${literal(prefix)}*`]),
    // A name in flight is in flight even when it also ends like a backup.
    [
      "!",
      "-type",
      "d",
      "!",
      ...any(inFlightPrefixes.map((prefix) => ["-name", `${literal(prefix)}*`])),
      ...any(neverSuffixes.map((suffix) => ["-iname", `*${literal(suffix)}`])),
    ],
  ]);
  const inFlight = any([
    ...inFlightPrefixes.map((prefix) => ["-name", `${literal(prefix)}*`]),
    ...inFlightSuffixes.map((suffix) => ["-iname", `*${literal(suffix)}`]),
  ]);
  return [
    "-mindepth",
    "1",
    ...never,
    "-prune",
    "-o",
    "!",
    "-type",
    "d",
    ...inFlight,
    // What is in flight but no regular file goes unmentioned, like any artefact.
    "(",
    "!",
    "-type",
    "f",
    "-o",
    ...actions.inFlight,
    ")",
    "-o",
    ...actions.entry,
  ];
}

/**
 * When a folder never counts, as a condition of find's that says nothing of anything else. To be run as `find . WORDS` in
 * the tree's root, or where that folder of the root really lies which is called `below`, in latin1.
 */
export function closedFolderWords(filter: Filter, below?: string): string[] {
  const from = (
    [first = "", ...rest]: readonly string[],
    matches: (pattern: string, name: string) => boolean,
    spell: (pattern: string) => string,
  ): string[][] => {
    if (below === undefined) return [rooted([first, ...rest].map(spell))];
    return rest.length > 0 && matches(first, below) ? [rooted(rest.map(spell))] : [];
  };
  const rules = filter.rules.rooted.filter((components) => components.at(-1) !== "*");
  return any([
    ...(below === undefined ? rootedArtefacts() : []),
    ...filter.outside.flatMap((path) => from(path.split("/"), Object.is, (name) => literal(text(name)))),
    ...rules.flatMap((components) => from(components, matchesGlob, wild)),
    ...filter.rules.names.map((name) => ["-name", wild(name)]),
    ...inFlightPrefixes.map((prefix) => ["-name", `${literal(prefix)}*`]),
  ]);
}

function rootedArtefacts(): string[][] {
  return [
    ...rootArtefacts.map((name) => rooted([literal(name)])),
    ...rootArtefactPrefixes.map((prefix) => rooted([`${literal(prefix)}*`])),
  ];
}

/**
 * `-path` lets `*` cross a `/`; but a path with no more slashes than the pattern has to match component by component.
 */
function rooted(components: readonly string[]): string[] {
  const deeper = `./${components.map(() => "*").join("/")}/*`;
  return ["-path", `./${components.join("/")}`, "!", "-path", deeper];
}

function any(tests: readonly (readonly string[])[]): string[] {
  return ["(", ...tests.flatMap((test, index) => (index === 0 ? test : ["-o", ...test])), ")"];
}

/**
 * A pattern of ours, in latin1, as a pattern of fnmatch: only `*` and `?` keep their meaning. A parenthesis alone would be one
 * of the expression's to busybox, wherever it stands.
 */
function wild(pattern: string): string {
  return text(pattern).replaceAll(/[[\]\\()!]/g, String.raw`\$&`);
}

function literal(name: string): string {
  return name.replaceAll(/[[\]\\*?]/g, String.raw`\$&`);
}

/** Rules come from text, so their bytes are UTF-8. */
function text(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}
