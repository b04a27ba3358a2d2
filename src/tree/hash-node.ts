import { PimeshError } from "../core/error.ts";
import { script, sh } from "../core/shell.ts";
import type { Hash, Hasher } from "./content-verdicts.ts";
import { farEndShell } from "./far-end.ts";
import { checkStart, mountsSpelling, type NodeTree } from "./node-walk.ts";

/**
 * Hashes files on a node with its own `sha256sum`; names go there, hashes come back, content stays. Throws
 * E-DISK-NOT-MOUNTED, and E-SCAN-FAILED when the answer breaks off.
 */
export function hashNode(from: NodeTree): Hasher {
  return async (files, done) => {
    const hashes: (Hash | undefined)[] = files.map(() => undefined);
    const plain: number[] = [];
    const odd: number[] = [];
    files.forEach(({ path }, index) => (isPlain(path) ? plain : odd).push(index));

    const byName = new Map(plain.map((index) => [files[index]!.path.toString("latin1"), index]));
    await ask(from, files, plain, "no", (line) => {
      const match = /^([0-9a-f]{64}) [ *]\.\/(.*)$/s.exec(line);
      const index = match ? byName.get(match[2] as string) : undefined;
      if (!match || index === undefined) return;
      hashes[index] = match[1] as string;
      done(files[index]!.size);
    });
    let next = 0;
    await ask(from, files, odd, "yes", (line) => {
      const index = odd[next];
      next += 1;
      if (index === undefined) return;
      if (/^[0-9a-f]{64}$/.test(line)) hashes[index] = line;
      done(files[index]!.size);
    });
    return hashes.map((hash) => hash ?? { failed: "its hash did not come" });
  };
}

/** GNU's sha256sum escapes these, busybox's does not: names with them go another way. */
function isPlain(path: Buffer): boolean {
  return !path.includes(0x5c) && !path.includes(0x0a) && !path.includes(0x0d);
}

async function ask(
  from: NodeTree,
  files: readonly { readonly path: Buffer; readonly size: number }[],
  wanted: readonly number[],
  odd: "yes" | "no",
  take: (line: string) => void,
): Promise<void> {
  if (wanted.length === 0) return;
  const largest = wanted.reduce((size, index) => Math.max(size, files[index]!.size), 0);
  const stream = await from.connection.stream(
    script(
      sh`tree=${from.tree} mount=${mountsSpelling(from.mount ?? "")} odd=${odd}`,
      farEndShell("tree.sh"),
      farEndShell("hash.sh"),
    ),
    {
      as: "free-root",
      stdin: names(files, wanted),
      // Silent for as long as the hundred files of one call take, on a disk that gives 1 MiB/s to an idle class.
      silenceMs: 15 * 60_000 + largest / 1024,
      ...(from.signal ? { signal: from.signal } : {}),
    },
  );
  stream.end.catch(() => {});
  let started = false;
  let ended: string | undefined;
  for await (const line of lines(stream.stdout)) {
    if (!started) {
      checkStart(from, line);
      started = true;
    } else if (line.startsWith("end ")) ended = line;
    else take(line);
  }
  const { code } = await stream.end;
  // xargs says 123 when sha256sum could not read something: each such file has no hash, which is answer enough.
  if (code === 0 && (ended === "end 0" || ended === "end 123" || ended === "end 1")) return;
  const what = code === 127 ? "sha256sum is not there" : `it broke off with ${ended ?? `exit code ${code}`}`;
  throw new PimeshError("E-SCAN-FAILED", `files could not be hashed: ${what}`, {
    node: from.connection.node,
    hint: "run the command again without --checksum",
  });
}

async function* names(
  files: readonly { readonly path: Buffer }[],
  wanted: readonly number[],
): AsyncGenerator<Buffer> {
  for (let at = 0; at < wanted.length; at += 500) {
    const batch = wanted.slice(at, at + 500);
    yield Buffer.concat(batch.flatMap((index) => [dotSlash, files[index]!.path, nul]));
  }
}

const dotSlash = Buffer.from("./");
const nul = Buffer.from([0]);

/** Lines in latin1, one character a byte. */
async function* lines(stdout: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stdout) {
    const parts = (rest + chunk.toString("latin1")).split("\n");
    rest = parts.pop() as string;
    yield* parts;
  }
  if (rest !== "") yield rest;
}
