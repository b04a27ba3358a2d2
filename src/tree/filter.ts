import { latin1 } from "../core/latin1.ts";
import { verdictOfName, type Verdict } from "../engine/artefacts.ts";
import { compileIgnore, type IgnoreRules } from "../engine/ignore.ts";

/** What of a tree counts: not the engines' artefacts, not what is ignored, not our own files. */
export interface Filter {
  readonly rules: IgnoreRules;
  /** Paths from the tree's root that are not part of it, as latin1: a swap file, our own folder. */
  readonly outside: readonly string[];
  /** Of one entry, its parents being let through; `path` and `name` are latin1, depth 1 is the tree's root. */
  verdict(path: string, name: string, depth: number, kind: "folder" | "other"): Verdict;
}

export interface FilterOptions {
  /** Patterns of the inventory. */
  readonly ignore?: readonly string[];
  /** Paths below the tree that never count, whatever they are. */
  readonly outside?: readonly string[];
}

export function makeFilter(options: FilterOptions = {}): Filter {
  const rules = compileIgnore(options.ignore ?? []);
  const outside = (options.outside ?? []).map(latin1);
  const outsidePaths = new Set(outside);
  return {
    rules,
    outside,
    verdict(path, name, depth, kind) {
      if (outsidePaths.size > 0 && outsidePaths.has(path)) return "never";
      if (rules.matchesEntry(path, name, depth, kind)) return "never";
      return verdictOfName(name, depth === 1 ? "root" : "below", kind);
    },
  };
}
