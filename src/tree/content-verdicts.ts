import type { Candidate, ContentVerdict } from "./compare.ts";

/** A file's SHA-256 in hex, or why there is none. */
export type Hash = string | { readonly failed: string };

/** Hashes files by their paths in a tree, an answer for each in order; `done` is told the bytes of each file. */
export type Hasher = (
  files: readonly { readonly path: Buffer; readonly size: number }[],
  done: (bytes: number) => void,
) => Promise<readonly Hash[]>;

/**
 * Decides candidates by content: each side hashes its own files, both at the same time, and only hashes travel.
 * `progress` is told the bytes hashed so far and in all, both sides together.
 */
export async function contentVerdicts(
  candidates: readonly Candidate[],
  left: { readonly name: string; readonly hash: Hasher },
  right: { readonly name: string; readonly hash: Hasher },
  progress: (hashed: number, all: number) => void,
): Promise<readonly ContentVerdict[]> {
  const all = candidates.reduce((sum, candidate) => sum + candidate.left.size + candidate.right.size, 0);
  let hashed = 0;
  const done = (bytes: number): void => {
    hashed += bytes;
    progress(hashed, all);
  };
  const [lefts, rights] = await Promise.all([
    left.hash(
      candidates.map((candidate) => candidate.left),
      done,
    ),
    right.hash(
      candidates.map((candidate) => candidate.right),
      done,
    ),
  ]);
  return candidates.map((_, index) => {
    const l = lefts[index] ?? { failed: "was not hashed" };
    const r = rights[index] ?? { failed: "was not hashed" };
    if (typeof l !== "string") return { unknown: `could not be read on ${left.name}: ${l.failed}` };
    if (typeof r !== "string") return { unknown: `could not be read on ${right.name}: ${r.failed}` };
    return l === r ? "same" : "differs";
  });
}
