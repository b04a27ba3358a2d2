import type { EngineKind } from "../inventory/inventory.ts";
import { syncthingLine, toCommon, type Common } from "./common-pattern.ts";
import type { Dialect } from "./engine.ts";
import { engines } from "./engines.ts";
import { trimGo } from "./syncthing-ignore.ts";

/** An ignore file in another engine's words. With a problem it says less than the old one did, and is not to be used. */
export interface Translation {
  /** First the rules that this engine always has, then the old file's, comments and empty lines in their places. */
  readonly lines: readonly string[];
  readonly problems: readonly IgnoreProblem[];
}

export interface IgnoreProblem {
  /** From 1. */
  readonly line: number;
  /** As it stands in the file. */
  readonly text: string;
  /** Completes a sentence that begins with the line. */
  readonly message: string;
}

/**
 * What the ignore file of one engine says, for another: rule by rule exactly the same files, or a problem. `?` is one
 * character to each of them; what btsync takes for a character beyond ASCII is not known.
 */
export function translateIgnore(bytes: Uint8Array, from: EngineKind, to: EngineKind): Translation {
  const source = engines[from];
  const target = engines[to];
  const lines = new Set(target.foreignRules);
  const texts: string[] = [];
  const problems: IgnoreProblem[] = [];
  linesOf(bytes, source.dialect).forEach((text, index) => {
    if (isEmpty(text, source.dialect)) texts.push("");
    else if (isComment(text, source.dialect)) texts.push(comment(text, source.comment, target.comment));
    // What keeps other engines' files from travelling is another list for each engine.
    else if (!source.foreignRules.includes(text)) {
      const rule = translated(text, source.dialect, target.dialect);
      if ("problem" in rule) problems.push({ line: index + 1, text, message: rule.problem });
      else if (!lines.has(rule.pattern)) {
        texts.push(rule.pattern);
        lines.add(rule.pattern);
      }
    }
  });
  return { lines: [...target.foreignRules, ...texts], problems };
}

function translated(text: string, from: Dialect, to: Dialect): Common {
  if (from === to) return { pattern: text };
  const common = toCommon(from, text);
  return "pattern" in common && to === "syncthing" ? { pattern: syncthingLine(common.pattern) } : common;
}

/** btsync takes a byte order mark off and no blanks; Syncthing keeps the mark, so that its first rule is useless. */
function linesOf(bytes: Uint8Array, dialect: Dialect): string[] {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => {
    const trimmed =
      dialect === "syncthing"
        ? trimGo(line)
        : (index === 0 ? line.replace(/^\xef\xbb\xbf/, "") : line).replace(/\r$/, "");
    return Buffer.from(trimmed, "latin1").toString("utf8");
  });
}

function isEmpty(line: string, dialect: Dialect): boolean {
  return (dialect === "syncthing" ? line : line.trim()) === "";
}

function isComment(line: string, dialect: Dialect): boolean {
  return dialect === "syncthing" ? line.startsWith("//") : /^#(?:\s|$)/.test(line);
}

function comment(line: string, from: string, to: string): string {
  const text = line.slice(from.length).trim();
  return text === "" ? to : `${to} ${text}`;
}
