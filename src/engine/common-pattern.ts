import type { Dialect } from "./engine.ts";
import { splitPrefixes } from "./syncthing-ignore.ts";

/** A rule in the grammar that all engines have in common (`ignore.ts`), or why it cannot be said in it. */
export type Common = { readonly pattern: string } | { readonly problem: string };

/** What a line of an ignore file, which is no comment, says in the common grammar: exactly, or not at all. */
export function toCommon(dialect: Dialect, line: string): Common {
  if (line.includes("\ufffd")) return problem("is not UTF-8 text");
  if (/\p{Cc}/u.test(line)) return problem("holds a control character");
  if (line.startsWith("\ufeff"))
    return problem("begins with a byte order mark, which is a part of the name there");
  const common = dialect === "syncthing" ? fromSyncthing(line) : fromBtsync(line);
  return "problem" in common ? common : checked(common.pattern);
}

/** A pattern of the common grammar as a line of Syncthing's, which roots by a `/` and has `[ ] { } \` besides. */
export function syncthingLine(pattern: string): string {
  const escaped = pattern.replaceAll(/[[\]{}\\]/g, String.raw`\$&`);
  if (escaped.startsWith("/")) return escaped;
  if (escaped.includes("/")) return `/${escaped}`;
  return /^(?:!|\(|#include|#escape)/.test(escaped) ? `\\${escaped}` : escaped;
}

function fromBtsync(line: string): Common {
  if (line.includes("\\")) return problem("holds a backslash: part of a name, or Windows' delimiter");
  if (line.includes("**")) return problem("holds **, which is not documented");
  // "Can have zero length", the help says, and shows it at the beginning alone.
  if (line.endsWith("/")) return problem("ends in /, which is not documented");
  return { pattern: line };
}

function fromSyncthing(line: string): Common {
  if (/^#(?:include|escape)/.test(line)) return problem("is an instruction to Syncthing alone");
  const split = splitPrefixes(line);
  let { glob } = split;
  if (split.prefixes.has("!")) return problem("takes files back in, which only Syncthing can");
  if (glob === "") return problem("has nothing after its prefix: it puts the folder in error");
  if (split.prefixes.has("(?i)") && glob.toLowerCase() !== glob.toUpperCase()) {
    return problem("does not mind the case of letters, which only Syncthing can");
  }
  if (glob.endsWith("/") || glob.endsWith("/**")) {
    return problem("means what is in a folder, but not the folder, which only Syncthing can");
  }
  const isAnywhere = glob.startsWith("**/");
  if (isAnywhere) glob = glob.slice("**/".length);
  if (glob.includes("**")) return problem("holds **, which only Syncthing knows");
  const isRooted = glob.startsWith("/");
  if (isAnywhere && isRooted) return problem("holds //");
  if (glob.slice(1).includes("/") && !isRooted) {
    return problem("is a path that begins at any depth; others take a path from the top of the tree");
  }
  return unescaped(glob);
}

/** Without the escapes of Syncthing's globs. Other engines have none, and no sets and alternatives either. */
function unescaped(glob: string): Common {
  let pattern = "";
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    if (character === "[") return problem("holds a set of characters [ ], which only Syncthing knows");
    if (character === "{" || character === "}") {
      return problem("holds alternatives { }, which only Syncthing knows");
    }
    if (character !== "\\") {
      pattern += character;
      continue;
    }
    at += 1;
    const literal = glob.charAt(at);
    if (literal === "") return problem("ends in a backslash: it puts the folder in error");
    if (/[*?\\/]/.test(literal))
      return problem(`means the letter ${literal} itself, which only Syncthing can`);
    pattern += literal;
  }
  return { pattern };
}

/** What the engines' dialects would read differently, although the common grammar can be made to say it. */
function checked(pattern: string): Common {
  if (pattern.trim() !== pattern) return problem("starts or ends with a blank, which Syncthing cuts off");
  if (/^#(?:\s|$)/.test(pattern)) return problem("is a comment for btsync and Resilio");
  if (pattern.startsWith("//") || pattern.includes("//")) return problem("holds //");
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(pattern)) return problem("holds . or .. as a folder");
  if (pattern.endsWith("/*")) {
    return problem(
      "ends in /*: btsync and Resilio take the files in that folder only, Syncthing its folders too",
    );
  }
  // One alone is at the top of the tree with a leading /, more are so without it: that is how the help shows it.
  return { pattern: pattern.lastIndexOf("/") > 0 ? pattern.replace(/^\//, "") : pattern };
}

function problem(message: string): Common {
  return { problem: message };
}
