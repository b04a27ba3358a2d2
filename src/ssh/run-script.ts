import type { Command } from "../core/shell.ts";
import type { Connection } from "./connection.ts";

export interface Said {
  /** What the script said to us: its lines without the nonce. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

/**
 * Runs a script of `provision/` as root and hears its lines ("<nonce> words"), each as it comes. Errors: those of
 * `Connection.stream`.
 */
export async function runScript(
  connection: Connection,
  given: {
    readonly script: Command;
    readonly nonce: string;
    readonly silenceMs: number;
    readonly stdin?: AsyncIterable<Uint8Array>;
  },
  onLine: (line: string) => void,
): Promise<Said> {
  const { script, nonce, silenceMs, stdin } = given;
  const input = stdin === undefined ? {} : { stdin };
  const stream = await connection.stream(script, { as: "root", silenceMs, ...input });
  const lines: string[] = [];
  let rest = "";
  for await (const chunk of stream.stdout) {
    rest += chunk.toString("utf8");
    const complete = rest.split("\n");
    rest = complete.pop() ?? "";
    for (const line of complete) {
      if (!line.startsWith(`${nonce} `)) continue;
      lines.push(line.slice(nonce.length + 1));
      onLine(line.slice(nonce.length + 1));
    }
  }
  const { stderr } = await stream.end;
  return { lines, stderr: stderr.toString("utf8") };
}

/** `failed CODE words` and `refused CODE words`, as the scripts say them. */
export function failureOf(
  lines: readonly string[],
): { readonly word: "failed" | "refused"; readonly code: string; readonly words: string } | undefined {
  for (const line of lines) {
    const match = /^(failed|refused) (E-[A-Z-]+) ?(.*)$/.exec(line);
    if (match) return { word: match[1] as "failed" | "refused", code: match[2] ?? "", words: match[3] ?? "" };
  }
  return undefined;
}

/** The rest of the first line that begins with this word; undefined when none does. */
export function wordsAfter(lines: readonly string[], word: string): string | undefined {
  const line = lines.find((each) => each === word || each.startsWith(`${word} `));
  return line?.slice(word.length + 1);
}
