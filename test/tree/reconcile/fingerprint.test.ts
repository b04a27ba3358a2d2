import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprinter } from "../../../src/tree/reconcile/fingerprint.ts";
import { longestRecord, writeRecord } from "../../../src/tree/reconcile/record.ts";
import { entry, tree } from "../../support/random-entries.ts";

const key = Buffer.from("0123456789abcdef");

function markOf(path: Buffer): Buffer {
  const folder = path.subarray(0, path.lastIndexOf("/") + 1);
  return createHash("sha256").update(key).update(folder).digest().subarray(0, 16);
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
        });
      }
    }),
  );
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
