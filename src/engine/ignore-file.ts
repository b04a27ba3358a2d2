import type { EngineKind } from "../inventory/inventory.ts";
import { syncthingLine } from "./common-pattern.ts";
import type { Dialect } from "./engine.ts";
import { engines } from "./engines.ts";
import { compileIgnore } from "./ignore.ts";
import { compileSyncthingIgnore } from "./syncthing-ignore.ts";

/** What an ignore file hides, as the engine that owns the file reads it. */
export interface FileRules {
  /** `path` is latin1, one character a byte. True also for what lies below an ignored folder. */
  ignores(path: string, kind: "folder" | "other"): boolean;
  /** Lines whose meaning cannot be told from the file alone, such as `#include`. */
  readonly unclear: readonly string[];
}

/**
 * Where an engine of that kind may keep its rules, relative to the synced folder; the first is the one that provision always writes.
 *
 * A disk that has seen btsync before 1.4 and a later one holds both of its files, and which of the two its engine reads is not to be
 * told from the disk. Whoever reads takes both for its rules: what only one of them hides is then "cannot be told" at that side of a
 * diff, and never "missing".
 */
export function ignoreFilesOf(kind: EngineKind): readonly string[] {
  const { ignoreFile, laterIgnoreFile } = engines[kind];
  return laterIgnoreFile === undefined ? [ignoreFile] : [ignoreFile, laterIgnoreFile];
}

/**
 * The lines that say the inventory's patterns in an engine's own dialect, without comments: first what other engines
 * may have left on the disk, which no engine may carry from one home to the next, then the patterns.
 */
export function ignoreLines(kind: EngineKind, patterns: readonly string[]): string[] {
  const { dialect, foreignRules } = engines[kind];
  const lines = dialect === "syncthing" ? patterns.flatMap(syncthingLines) : patterns;
  return [...new Set([...foreignRules, ...lines])];
}

/** The rules of a file, or of several one behind the other, without comments, empty lines, byte order marks and line ends; whatever they mean. */
export function readIgnoreFile(kind: EngineKind, bytes: Uint8Array): string[] {
  const { dialect } = engines[kind];
  // Resilio's own files begin with a mark, the second of two as well
  const mark = dialect === "btsync" ? /^\ufeff/gm : /^\ufeff/;
  return ruleLines(dialect, Buffer.from(bytes).toString("utf8").replace(mark, ""));
}

export function compileIgnoreFile(kind: EngineKind, bytes: Uint8Array): FileRules {
  const text = Buffer.from(bytes).toString("latin1");
  const { dialect } = engines[kind];
  if (dialect === "syncthing") {
    // No byte order mark is taken off here: 1.19.2 keeps it, and the first rule is then useless [ran].
    return compileSyncthingIgnore(text.split("\n"));
  }
  const lines = ruleLines(dialect, text.replaceAll(/^\xef\xbb\xbf/gm, ""));
  const rules = compileIgnore(lines.map((line) => Buffer.from(line, "latin1").toString("utf8")));
  return {
    ignores: (path, of) => rules.ignores(path, of),
    unclear: lines.filter((line) => line.includes("\\") || line.includes("**")),
  };
}

/** Of a file without rules of its own. */
export const hidesNothing: FileRules = { ignores: () => false, unclear: [] };

/** What a file hides beyond the inventory's patterns, which may be `hidesNothing`. What these hide is left out: the two may overlap. */
export function extraRules(kind: EngineKind, bytes: Uint8Array, patterns: readonly string[]): FileRules {
  const known = new Set(ignoreLines(kind, patterns));
  const extra = readIgnoreFile(kind, bytes).filter((line) => !known.has(line));
  if (extra.length === 0) return hidesNothing;
  // An exception speaks of the lines below it, so then all of them are needed.
  const isOrdered =
    engines[kind].dialect === "syncthing" && extra.some((line) => /^(?:\(\?[id]\))*!/.test(line));
  return compileIgnoreFile(kind, isOrdered ? bytes : Buffer.from(extra.join("\n"), "utf8"));
}

/**
 * Does the file hide, after a change, an entry that it did not hide before? Such an entry may vanish from the other
 * homes. `unclear` in either text makes every "no" doubtful.
 */
export function newlyIgnored(before: FileRules, after: FileRules): FileRules {
  return {
    ignores: (path, kind) => after.ignores(path, kind) && !before.ignores(path, kind),
    unclear: [...new Set([...before.unclear, ...after.unclear])],
  };
}

/** A name with accents is written in both Unicode forms, because 1.19.2 does not match one with the other [ran]. */
function syncthingLines(pattern: string): string[] {
  const forms = new Set([pattern, pattern.normalize("NFC"), pattern.normalize("NFD")]);
  return [...forms].map(syncthingLine);
}

/** `#` starts a comment alone or before a blank: `#snapshot` is a pattern of Resilio's own default list. */
function ruleLines(dialect: Dialect, text: string): string[] {
  return text
    .split("\n")
    .map((line) => (dialect === "syncthing" ? line.trim() : line.replace(/\r$/, "")))
    .filter((line) => line.trim() !== "" && !(dialect === "syncthing" ? /^\/\// : /^#(?:\s|$)/).test(line));
}
