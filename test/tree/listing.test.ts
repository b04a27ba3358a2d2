import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRecord, RecordOrder, records } from "../../src/tree/listing.ts";
import type { Scanned } from "../../src/tree/entry.ts";

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("records come out as they went in, packed or not, wherever the chunks are cut", async () => {
  const record = fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes.map((byte) => byte || 1)));
  await fc.assert(
    fc.asyncProperty(
      fc.array(record),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      async (given, size, packed) => {
        const bytes = Buffer.concat(given.flatMap((one) => [one, Buffer.from([0])]));
        // Two bytes decide whether a stream is packed; a record of ours never begins like gzip.
        fc.pre(packed || bytes[0] !== 0x1f);
        const found: Buffer[] = [];
        for await (const chunk of records(chunksOf(packed ? gzipSync(bytes) : bytes, size)))
          found.push(...chunk);
        expect(found.map(String)).toEqual(given.map(String));
      },
    ),
  );
});

test("a packed stream that is cut off throws", async () => {
  const bytes = gzipSync(Buffer.from("a\0b\0"));
  const read = async (): Promise<void> => {
    for await (const _ of records(chunksOf(bytes.subarray(0, -4), 5))) expect(_).toBeDefined();
  };
  await expect(read()).rejects.toThrow("unexpected end of file");
});

test("a source that fails passes its own error on, packed or not", async () => {
  for (const head of [Buffer.from("a\0b"), gzipSync(Buffer.from("a\0b\0")).subarray(0, 12)]) {
    const read = async (): Promise<void> => {
      for await (const _ of records(failing(head))) expect(_).toBeDefined();
    };
    await expect(read()).rejects.toThrow("connection lost");
  }
});

describe("a record", () => {
  test.each<[string, unknown]>([
    ["f 12 1700000000.5/a/b", { path: "a/b", kind: "file", size: 12, mtime: 1_700_000_000 }],
    ["f 5368709121 -2.5000000000/x", { path: "x", kind: "file", size: 5_368_709_121, mtime: -2 }],
    ["d 4096 1/a", { path: "a", kind: "folder", size: 0, mtime: 1 }],
    ["p 0 1/a", { path: "a", kind: "special", size: 0, mtime: 1 }],
    ["l 3 1/a\x01b/c", { path: "a", kind: "symlink", size: 0, mtime: 1, target: "b/c" }],
    ["l 3 1/a\x01x\x01b\x01c", { path: "a\x01x", kind: "symlink", size: 0, mtime: 1, target: "b\x01c" }],
    ["l 0 1/a\x01b", { path: "a", kind: "symlink", size: 0, mtime: 1, target: "b" }],
    ["u 0 0 EIO/a", { path: "a", kind: "unreadable", reason: "EIO" }],
    ["i 0 0/a", "in-flight"],
    ["l 0 1/a\x01b\x01c", undefined],
    ["f x 1/a", undefined],
    ["z 1 1/a", undefined],
    ["", undefined],
  ])("%j", (record, expected) => {
    const found = parseRecord(Buffer.from(record));
    const plain =
      typeof found === "object"
        ? {
            ...found,
            path: found.path.toString(),
            ...("target" in found && found.target ? { target: found.target.toString() } : {}),
          }
        : found;
    expect(plain).toEqual(expected);
  });
});

test("the order of records becomes the order of paths, around symlinks and names with a 1 byte", () => {
  const part = fc
    .array(fc.constantFrom("a", "\x01", "\x02", "b"), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(
      fc.uniqueArray(part),
      fc.array(fc.option(part), { minLength: 30, maxLength: 30 }),
      (names, targets) => {
        const keyed = names.map((name, index) => {
          const target = targets[index % 30] ?? undefined;
          const entry: Scanned = {
            path: Buffer.from(name),
            kind: target === undefined ? "file" : "symlink",
            size: 0,
            mtime: 0,
          };
          return { key: target === undefined ? name : `${name}\x01${target}`, entry };
        });
        const order = new RecordOrder();
        const found: Scanned[] = [];
        for (const { entry } of keyed.toSorted((l, r) => (l.key < r.key ? -1 : 1))) order.push(entry, found);
        order.flush(found);
        expect(found.map(({ path }) => path.toString())).toEqual(names.toSorted());
      },
    ),
  );
});

async function* failing(head: Buffer): AsyncGenerator<Buffer> {
  yield head;
  throw new Error("connection lost");
}
