import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprinter } from "../../../src/tree/reconcile/fingerprint.ts";
import { longestRecord, writeRecord } from "../../../src/tree/reconcile/record.ts";
import { entry, tree } from "../../support/random-entries.ts";

const key = Buffer.from("0123456789abcdef");

/** The chain as the protocol has it, with nothing kept between entries. */
function markOf(path: Buffer): Buffer {
  const folders = path.toString("latin1").split("/").slice(0, -1);
  return folders.reduce((mark, name) => {
    const above = Buffer.concat([mark, Buffer.from(`d${name}`, "latin1")]);
    return createHash("sha256").update(above).digest().subarray(0, 16);
  }, key);
}

test("an entry's two numbers are the first 16 bytes of SHA-256 over the mark of its folder and its record", () => {
  // In the order of paths and in none: what is kept of the folders before must make no difference.
  fc.assert(
    fc.property(fc.oneof(tree, fc.array(entry, { maxLength: 20 })), (entries) => {
      const fingerprint = fingerprinter({ key, times: true });
      for (const one of entries) {
        const record = Buffer.alloc(longestRecord(one));
        const end = writeRecord(record, 0, one, true);
        const mark = markOf(one.path);
        const digest = createHash("sha256").update(mark).update(record.subarray(0, end)).digest();
        expect(fingerprint(one)).toEqual({
          idHigh: digest.readUInt32BE(0),
          idLow: digest.readUInt32BE(4),
          secondHigh: digest.readUInt32BE(8),
          secondLow: digest.readUInt32BE(12),
          group: (mark[0] as number) >> 2,
        });
      }
    }),
  );
});

test("the mark of a folder is what the folder's own numbers are", () => {
  const fingerprint = fingerprinter({ key, times: true });
  const folder = { path: Buffer.from("a/b"), kind: "folder", size: 0, mtime: 0 } as const;
  const { idHigh } = fingerprint(folder);
  expect(fingerprint({ ...folder, path: Buffer.from("a/b/c") }).group).toBe(idHigh >>> 26);
});

test("a path that is longer than all before gets room, and the mark stays", () => {
  const fingerprint = fingerprinter({ key, times: true });
  const long = { path: Buffer.alloc(20_000, "a"), kind: "folder", size: 0, mtime: 0 } as const;
  const short = { ...long, path: Buffer.from("a") };
  const before = { ...fingerprint(short) };
  const fresh = { ...fingerprinter({ key, times: true })(long) };
  expect({ ...fingerprint(long) }).toEqual(fresh);
  expect({ ...fingerprint(short) }).toEqual(before);
});
