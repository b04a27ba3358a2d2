/**
 * Why a pattern cannot stand in the inventory's `ignore` list, or undefined. Refused is what the engines read
 * differently: it would ignore a file at one home and sync it at another. The grammar is in `engine/ignore.ts`.
 */
export function ignorePatternProblem(pattern: string): string | undefined {
  if (pattern === "") return "is empty";
  if (/\p{Cc}/u.test(pattern)) return "holds a line end or another control character";
  if (pattern.trim() !== pattern) return "starts or ends with a blank, which Syncthing would cut off";
  if (/^#(?:\s|$)/.test(pattern)) return "is a comment for btsync and Resilio";
  if (pattern.includes("\\"))
    return `holds a backslash, which is part of a name to btsync and an escape to Syncthing`;
  if (pattern.startsWith("!")) return "starts with !: only Syncthing can take files back in";
  if (pattern.startsWith("//")) return "starts with //, which is a comment for Syncthing";
  if (pattern.includes("**")) return "holds **, which only Syncthing knows";
  if (pattern.includes("[")) return "holds [, which only Syncthing takes for a set of characters";
  if (pattern.endsWith("/"))
    return "ends in /, which the engines read differently; a name matches folders too";
  if (pattern.includes("//")) return "holds //";
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(pattern)) return "holds . or .. as a folder";
  if (/^\/?\*$/.test(pattern)) return "ignores everything";
  if (pattern.endsWith("/*")) {
    return "ends in /*: btsync takes the files in that folder only, Syncthing everything below it";
  }
  return undefined;
}
