import { latin1 } from "../core/latin1.ts";
import { hasWildcard, matchesGlob } from "./glob.ts";

/**
 * The grammar of the inventory's `ignore` list, which is what all engines have in common (and all that btsync and
 * Resilio have):
 *
 * - `name`: a file or folder of that name at any depth; `/name`: only at the root; `a/b`: rooted as well
 * - `*` any run, `?` one byte, neither crosses a `/`; everything else stands for itself; case matters
 * - a matched folder takes everything below it; the order of the patterns does not matter
 *
 * Matching is by bytes: paths and names are latin1 strings, one character a byte.
 */
export interface IgnoreRules {
  /** Patterns that match a name at any depth, as latin1. */
  readonly names: readonly string[];
  /** Patterns from the root, split at `/`, as latin1. */
  readonly rooted: readonly (readonly string[])[];
  /** Is this very entry matched? Says nothing of its parents: a walker has pruned those. */
  matchesEntry(path: string, name: string, depth: number, kind: "folder" | "other"): boolean;
  /** Is it matched, or one of the folders that it lies in? */
  ignores(path: string, kind: "folder" | "other"): boolean;
}

/** Patterns as text; a pattern that breaks the grammar matches as literally as it can (the inventory refuses those). */
export function compileIgnore(patterns: readonly string[]): IgnoreRules {
  const names: string[] = [];
  const rooted: string[][] = [];
  for (const pattern of new Set(patterns)) {
    const bytes = latin1(pattern);
    // "Can have zero length": a delimiter at either end anchors a single name at the root.
    const components = bytes.split("/").filter((component) => component !== "");
    if (components.length === 0) continue;
    if (bytes.includes("/")) rooted.push(components);
    else names.push(bytes);
  }
  return new Rules(names, rooted);
}

/**
 * Why a pattern is outside this grammar, or undefined. Refused is what the engines read differently: it would ignore a
 * file at one home and sync it at another. The inventory refuses some more, as a matter of style.
 */
export function ignoreProblem(pattern: string): string | undefined {
  if (pattern === "") return "is empty";
  if (/\p{Cc}/u.test(pattern)) return "holds a control character";
  if (pattern.trim() !== pattern) return "starts or ends with a blank, which Syncthing would cut off";
  if (pattern.includes("\\")) return "holds a backslash, which the engines read differently";
  if (/^#(?:\s|$)/.test(pattern)) return "is a comment for btsync and Resilio";
  if (pattern.includes("**")) return "holds **, which only Syncthing knows";
  if (pattern.endsWith("/")) return "ends in /, which the engines read differently";
  if (pattern.includes("//")) return "holds //";
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(pattern)) return "holds . or .. as a folder";
  if (pattern === "*" || pattern === "/*") return "ignores everything";
  if (pattern.endsWith("/*")) {
    return "ends in /*: btsync takes the files in that folder only, Syncthing everything below it";
  }
  return undefined;
}

class Rules implements IgnoreRules {
  readonly names: readonly string[];
  readonly rooted: readonly (readonly string[])[];
  readonly #literals: ReadonlySet<string>;
  readonly #globs: readonly string[];
  readonly #rootedByDepth = new Map<number, (readonly string[])[]>();

  constructor(names: readonly string[], rooted: readonly (readonly string[])[]) {
    this.names = names;
    this.rooted = rooted;
    this.#literals = new Set(names.filter((name) => !hasWildcard(name)));
    this.#globs = names.filter(hasWildcard);
    for (const components of rooted) {
      const same = this.#rootedByDepth.get(components.length);
      if (same) same.push(components);
      else this.#rootedByDepth.set(components.length, [components]);
    }
  }

  matchesEntry(path: string, name: string, depth: number, kind: "folder" | "other"): boolean {
    if (this.#literals.has(name)) return true;
    for (const glob of this.#globs) if (matchesGlob(glob, name)) return true;
    const candidates = this.#rootedByDepth.get(depth);
    if (!candidates) return false;
    const components = path.split("/");
    return candidates.some(
      (pattern) =>
        pattern.every((glob, index) => matchesGlob(glob, components[index] as string)) &&
        // `FOO/*` means the files in FOO: "the folder tree below FOO" goes on being synced (Resilio's help).
        (kind !== "folder" || pattern[pattern.length - 1] !== "*"),
    );
  }

  ignores(path: string, kind: "folder" | "other"): boolean {
    let depth = 1;
    let start = 0;
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", start)) {
      if (this.matchesEntry(path.slice(0, slash), path.slice(start, slash), depth, "folder")) return true;
      start = slash + 1;
      depth += 1;
    }
    return this.matchesEntry(path, path.slice(start), depth, kind);
  }
}
