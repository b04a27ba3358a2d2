import type { Entry } from "../entry.ts";
import { AnswerError } from "./answer-error.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { kindOf, letterOf } from "./record.ts";

/**
 * Entries in any order, each as the difference to the one before: letter of the kind, bytes of the path that stay,
 * bytes that follow, these; a file's size; seconds as the difference to those before; a symlink's target behind its
 * length.
 */
export function encodeEntries(entries: Iterable<Entry>): Buffer {
  const out = new ByteWriter();
  let path: Buffer = Buffer.alloc(0);
  let mtime = 0;
  for (const entry of entries) {
    const shared = sharedBytes(path, entry.path);
    out.u8(letterOf[entry.kind]);
    out.varint(shared);
    out.varint(entry.path.length - shared);
    out.bytes(entry.path.subarray(shared));
    if (entry.kind === "file") out.varint(entry.size);
    out.distance(mtime, entry.mtime);
    if (entry.kind === "symlink") {
      const target = entry.target ?? Buffer.alloc(0);
      out.varint(target.length);
      out.bytes(target);
    }
    path = entry.path;
    mtime = entry.mtime;
  }
  return out.done();
}

/** Throws AnswerError for bytes that are no entries. */
export function decodeEntries(body: Buffer): Entry[] {
  const read = new ByteReader(body);
  const entries: Entry[] = [];
  let path: Buffer = Buffer.alloc(0);
  let mtime = 0;
  while (!read.done) {
    const kind = kindOf[read.u8()];
    if (kind === undefined) throw new AnswerError("an entry of an unknown kind");
    const shared = read.varint();
    if (shared > path.length) throw new AnswerError("an entry shares more than there is");
    // A copy: the body would be kept whole for the sake of one name.
    path = Buffer.concat([path.subarray(0, shared), read.bytes(read.varint())]);
    if (path.length === 0) throw new AnswerError("an entry without a name");
    const size = kind === "file" ? read.varint() : 0;
    mtime = read.distance(mtime);
    if (!Number.isSafeInteger(mtime)) throw new AnswerError("a time is out of range");
    const target = kind === "symlink" ? Buffer.from(read.bytes(read.varint())) : undefined;
    entries.push({ path, kind, size, mtime, ...(target ? { target } : {}) });
  }
  return entries;
}

/** How many bytes two paths begin with alike. */
export function sharedBytes(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length);
  let shared = 0;
  while (shared < most && one[shared] === other[shared]) shared += 1;
  return shared;
}
