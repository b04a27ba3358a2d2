import type { EngineKind } from "../inventory/inventory.ts";
import { ignoreLines } from "./ignore-file.ts";

export interface DifferingRules {
  /** What a home's ignore files have beyond the inventory's rules. */
  readonly more: string[];
  /** What the inventory says and one of the files lacks. */
  readonly missing: string[];
}

/**
 * `files`: the rules of each ignore file of a home, see `readIgnoreFile`; none is one without rules. undefined: they are the
 * inventory's `patterns` and nothing else. Of two files nobody knows which one the engine reads, so each has to hold them all.
 */
export function differingRules(
  kind: EngineKind,
  files: readonly (readonly string[])[],
  patterns: readonly string[],
): DifferingRules | undefined {
  const wanted = ignoreLines(kind, patterns);
  const found = (files.length === 0 ? [[]] : files).map((lines) => new Set(lines));
  const more = [...new Set(files.flat())].filter((line) => !wanted.includes(line));
  const missing = wanted.filter((line) => !found.every((lines) => lines.has(line)));
  return more.length + missing.length === 0 ? undefined : { more, missing };
}
