import type { EngineKind } from "../inventory/inventory.ts";
import { ignoreLines } from "./ignore-file.ts";

export interface DifferingRules {
  /** What a home's ignore file has beyond the inventory's rules. */
  readonly more: string[];
  /** What the inventory says and the file lacks. */
  readonly missing: string[];
}

/** `lines`: the rules of a home's ignore file, see `readIgnoreFile`. undefined: they are the inventory's `patterns` and nothing else. */
export function differingRules(
  kind: EngineKind,
  lines: readonly string[],
  patterns: readonly string[],
): DifferingRules | undefined {
  const wanted = ignoreLines(kind, patterns);
  const found = new Set(lines);
  const more = [...found].filter((line) => !wanted.includes(line));
  const missing = wanted.filter((line) => !found.has(line));
  return more.length + missing.length === 0 ? undefined : { more, missing };
}
