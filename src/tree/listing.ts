import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import type { EntryKind, Scanned } from "./entry.ts";

/**
 * The NUL-ended records of a node's answer, in chunks as they arrive, unpacked where the node packed them. Throws what
 * zlib throws when the packed stream is damaged or cut off.
 */
export async function* records(stdout: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of unpacked(stdout)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const found: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
      found.push(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (found.length > 0) yield found;
  }
}

/** What a record says: an entry, a place that could not be read, a file in flight; undefined for no record of ours. */
export function parseRecord(record: Buffer): Scanned | "in-flight" | undefined {
  const slash = record.indexOf(0x2f);
  if (slash < 0) return undefined;
  const [letter, size, seconds, reason] = record.toString("latin1", 0, slash).split(" ");
  if (letter === "i") return "in-flight";
  const kind = kinds[letter as keyof typeof kinds] as EntryKind | "unreadable" | undefined;
  if (kind === undefined || size === undefined || seconds === undefined) return undefined;
  // A copy: the chunk that the record lies in would be kept whole for the sake of one name.
  const tail = Buffer.from(record.subarray(slash + 1));
  if (kind === "unreadable") return { path: tail, kind, reason: reason ?? "error" };
  // find writes -1.5 s as -2.5000000000: whole seconds, floored, and a fraction that always counts upwards.
  const mtime = Number.parseInt(seconds, 10);
  if (!/^\d+$/.test(size) || !Number.isSafeInteger(mtime)) return undefined;
  if (kind !== "symlink") return { path: tail, kind, size: kind === "file" ? Number(size) : 0, mtime };
  const separator = targetSeparator(tail, Number(size));
  if (separator === undefined) return undefined;
  return {
    path: tail.subarray(0, separator),
    kind,
    size: 0,
    mtime,
    target: tail.subarray(separator + 1),
  };
}

/**
 * Puts entries that come in the order of their records into the order of their paths. The two differ only around
 * symlinks, whose record goes on with \1 and the target, and names that hold a \1 themselves.
 */
export class RecordOrder {
  #stem: Buffer | undefined;
  #group: Scanned[] = [];

  /** Entries that are certain to be next. */
  push(entry: Scanned, into: Scanned[]): void {
    const one = entry.path.indexOf(1);
    const stem = one < 0 ? entry.path : entry.path.subarray(0, one);
    if (this.#stem?.equals(stem)) {
      this.#group.push(entry);
      return;
    }
    this.flush(into);
    if (one >= 0 || entry.kind === "symlink") {
      this.#stem = stem;
      this.#group.push(entry);
    } else into.push(entry);
  }

  flush(into: Scanned[]): void {
    if (this.#group.length > 1) this.#group.sort((left, right) => Buffer.compare(left.path, right.path));
    into.push(...this.#group);
    this.#group = [];
    this.#stem = undefined;
  }
}

const kinds = {
  f: "file",
  d: "folder",
  l: "symlink",
  s: "special",
  p: "special",
  b: "special",
  c: "special",
  D: "special",
  u: "unreadable",
} as const satisfies Record<string, EntryKind | "unreadable">;

/** `PATH\1TARGET`: both may hold any byte, so the size of a symlink, which is its target's length, decides. */
function targetSeparator(tail: Buffer, targetLength: number): number | undefined {
  const bySize = tail.length - targetLength - 1;
  if (tail[bySize] === 1) return bySize;
  // Some file systems give another size: then there must be no choice.
  const first = tail.indexOf(1);
  return first >= 0 && first === tail.lastIndexOf(1) ? first : undefined;
}

async function* unpacked(stdout: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = stdout[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
    } finally {
      await source.return?.();
    }
  };
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all();
    return;
  }
  const input = Readable.from(all(), { objectMode: false });
  const gunzip = createGunzip();
  // `pipe` does not carry errors over: a connection that is lost must end the reader too.
  input.on("error", (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } finally {
    input.destroy();
  }
}
