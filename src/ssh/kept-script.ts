import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { outbox } from "../core/outbox.ts";
import { script, sh, shellFile, type Command } from "../core/shell.ts";
import type { Connection, Result, RunOptions } from "./connection.ts";

/** A script that provision leaves on a node, so that it need not travel each time. */
export interface KeptScript {
  /** Of its file. */
  readonly name: string;
  /** What differs from run to run reaches it as variables. */
  readonly text: string;
}

/** Where provision may have left it, as its profiles say. */
export const keptFolders = ["/usr/local/lib/pimesh", "/storage/.config/pimesh/lib"] as const;

/**
 * Runs a script by the SHA-256 of its text where the node has exactly that text, in one round trip; else it is sent, in one more.
 * `values` sets its variables. Throws what `Connection.run` throws.
 *
 * What lies on the node is never believed by its name: an older pimesh, another inventory or anybody else may have written it.
 */
export async function runKept(
  connection: Connection,
  kept: KeptScript,
  values: Command,
  options: Omit<RunOptions, "stdin"> = {},
): Promise<Result> {
  const nonce = randomBytes(8).toString("hex");
  const input = outbox();
  const stream = await connection.stream(script(values, call(kept, nonce)), { ...options, stdin: input });
  stream.end.catch(() => {});
  try {
    const chunks: Buffer[] = [];
    let asked = false;
    for await (const chunk of stream.stdout) {
      chunks.push(chunk);
      if (asked) continue;
      const wanted = wantedIn(Buffer.concat(chunks), nonce);
      if (wanted === undefined) continue;
      asked = true;
      // What came before is noise, and the wish is no part of the answer
      chunks.length = 0;
      chunks.push(wanted.rest);
      const text = Buffer.from(kept.text);
      input.write(wanted.packed ? gzipSync(text, { level: 9 }) : text);
      input.end();
    }
    return { ...(await stream.end), stdout: Buffer.concat(chunks) };
  } finally {
    input.end();
  }
}

function call({ name, text }: KeptScript, nonce: string): Command {
  const hash = createHash("sha256").update(text).digest("hex");
  const places = shellFile(keptFolders.map((folder) => `"$root"${folder}/${name}`).join(" "));
  return sh`for kept in ${places}; do
case $(sha256sum "$kept" 2>/dev/null) in ${hash}*) . "$kept"; exit ;; esac
done
if command -v gzip >/dev/null; then
printf '\n%s gzip\n' ${nonce}; kept=$(gzip -dc) || exit
else printf '\n%s plain\n' ${nonce}; kept=$(cat); fi
eval "$kept"`;
}

function wantedIn(answer: Buffer, nonce: string): { packed: boolean; rest: Buffer } | undefined {
  for (const way of ["gzip", "plain"]) {
    const mark = `\n${nonce} ${way}\n`;
    const at = answer.indexOf(mark);
    if (at >= 0) return { packed: way === "gzip", rest: answer.subarray(at + mark.length) };
  }
  return undefined;
}
