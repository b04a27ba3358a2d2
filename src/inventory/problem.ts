import { didYouMean } from "../core/near-miss.ts";

/** One thing that is wrong with an inventory file. */
export interface Problem {
  /** Place in the file, both from 1; undefined when the file as a whole is meant. */
  readonly line?: number;
  readonly column?: number;
  /** The key, as `nodes.mom.address[1]`; undefined when the problem is not about a key. */
  readonly key?: string;
  /** What is wrong; never the value of a secret. */
  readonly message: string;
}

/** `pimesh.yaml:3:5: nodes.mom.jmp: unknown key (did you mean jump?)` */
export function formatProblem(file: string, problem: Problem): string {
  const place = problem.line === undefined ? "" : `:${problem.line}:${problem.column ?? 1}`;
  return `${file}${place}: ${problem.key === undefined ? "" : `${problem.key}: `}${problem.message}`;
}

export type Path = readonly (string | number)[];

/** `nodes.mom.address[1]`; a key that is not a plain word is quoted. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const word = /^[\w-]+$/.test(part) && part.length <= longest ? part : quoted(part);
      return index === 0 ? word : `.${word}`;
    })
    .join("");
}

/** Text of the file as it may be shown: a file can hold what would steer a terminal, or a megabyte. */
export function quoted(text: string): string {
  return `"${escaped(text.length > longest ? `${text.slice(0, longest)}…` : text)}"`;
}

/** The same without quotes around it and whole. */
export function escaped(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
      (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
    );
}

/** ` (did you mean jump?)` or nothing; `most` edits away. */
export function suggestion(word: string, candidates: readonly string[], most = 2): string {
  // The distance of two words costs the product of their lengths.
  return word.length > longest ? "" : didYouMean(word, candidates, most);
}

const longest = 64;
