import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import type { Entry } from "../../../src/tree/entry.ts";
import { rulesHash } from "../../../src/tree/far-end-rules.ts";
import { makeFilter } from "../../../src/tree/filter.ts";
import { encodeEntries } from "../../../src/tree/reconcile/entries-body.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { farEndOf } from "../../support/python-far-end.ts";
import { allGroups } from "../../../src/tree/reconcile/groups.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const filter = makeFilter({ ignore: ["Thumbs.db", "*.tmp"] });
const counts = { files: 4, bytes: 9, folders: 5, symlinks: 1, specials: 0, inFlight: 3, newest: -7 };
const header = {
  v: 1,
  tree: "/media/btsync/é",
  uuid: "1234-ABCD",
  rules: rulesHash(filter),
  started: 1_795_000_000,
  seconds: 12.5,
  counts,
  unreadable: [["shut\xff", "EACCES"]],
};

function indexOf(head: object, blocks: readonly (readonly Entry[])[]): Buffer {
  const bodies = blocks.flatMap((entries) => {
    const packed = deflateSync(encodeEntries(entries));
    return [u32(packed.length), packed];
  });
  const all = Buffer.concat([
    Buffer.from("pimesh-index 1\n"),
    Buffer.from(`${JSON.stringify(head).replaceAll(/[^ -~]/g, escaped)}\n`),
    ...bodies,
    u32(0),
  ]);
  return Buffer.concat([all, createHash("sha256").update(all).digest()]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function folderAt(path: string): Entry {
  return { path: Buffer.from(path), kind: "folder", size: 0, mtime: 5 };
}

function fileAt(path: string): Entry {
  return { path: Buffer.from(path), kind: "file", size: 1, mtime: -5 };
}

/** A tree with siblings that come between a folder and what it holds; and what a scan tells of it, in three blocks. */
async function treeAndBlocks() {
  const tree = temporaryFolder();
  for (const folder of ["a", "a-b", "a-b/c", "a.b", "b"]) mkdirSync(join(tree, folder));
  for (const file of ["a/x", "a/\n", "a-b/c/y", "b/z"]) writeFileSync(join(tree, file), file);
  symlinkSync("a", join(tree, "a!"));
  const walked = await farEndOf(tree, { filter });
  const entries = await walked.listing();
  return { tree, walked, entries, blocks: [entries.slice(0, 3), entries.slice(3, 7), entries.slice(7)] };
}

test("what is answered from an index is what would be answered from the tree", async () => {
  const { tree, walked, entries, blocks } = await treeAndBlocks();
  const path = join(temporaryFolder(), "índex");
  writeFileSync(path, indexOf(header, blocks));
  const farEnd = await farEndOf(tree, { filter, index: path });
  const { count, folders, groups } = walked.summary;
  expect(farEnd.summary).toMatchObject({ count, folders, groups });
  expect(await farEnd.listing()).toEqual(entries);
  const table = { type: "table", size: 7, groups: allGroups } as const;
  expect(await farEnd.ask(table)).toEqual(await walked.ask(table));
  const bounds = { low: Buffer.from("a-b"), high: Buffer.from("b") };
  const sums = { type: "sums", ranges: [bounds] } as const;
  expect(await farEnd.ask(sums)).toEqual(await walked.ask(sums));
});

test("the summary has from an index what only the walk could count, and how old it is", async () => {
  const path = join(temporaryFolder(), "index");
  writeFileSync(path, indexOf(header, []));
  const { summary } = await farEndOf("/", { filter, index: path });
  expect(summary.counts).toEqual({ ...counts, unreadable: 1 });
  expect(summary.unreadable).toEqual([
    { path: Buffer.from("shut\xff", "latin1"), kind: "unreadable", reason: "EACCES" },
  ]);
  const { tree, uuid, started, seconds } = header;
  expect(summary.index).toEqual({ tree, uuid, seconds, at: started });
});

test("more folders than are kept in mind at once find their way into the tree again", async () => {
  // "a" stays open until the end: what it holds comes after all of "a-…".
  const siblings = Array.from({ length: 2500 }, (_, index) => `a-${1000 + index}`).flatMap((name) => [
    folderAt(name),
    folderAt(`${name}/b`),
    fileAt(`${name}/b/c`),
  ]);
  const entries = [folderAt("a"), ...siblings, folderAt("a/z"), fileAt("a/z/1")];
  const path = join(temporaryFolder(), "index");
  writeFileSync(path, indexOf(header, [entries.slice(0, 2000), entries.slice(2000)]));
  const farEnd = await farEndOf("/", { filter, index: path });
  expect(farEnd.summary.count).toBe(entries.length);
  const found = await farEnd.listing();
  expect(found.map((one) => one.path.toString())).toEqual(entries.map((one) => one.path.toString()));
  const inside = await farEnd.ask({
    type: "inside",
    ranges: [{ low: Buffer.from("a/"), high: undefined }],
  });
  expect(inside).toEqual({ type: "inside", entries: entries.slice(-2) });
});

const whole = indexOf(header, [[fileAt("a")]]);
const flipped = Buffer.from(whole);
flipped.writeUInt8(flipped.readUInt8(whole.length - 50) ^ 4, whole.length - 50);

test.each([
  ["is not there", undefined, "No such file"],
  ["is empty", Buffer.alloc(0), "it is cut off"],
  ["is none", Buffer.from("a text that is long enough to be one"), "it is none, or of another version"],
  [
    "is of another version",
    Buffer.from(whole.toString("latin1").replace(" 1", " 2"), "latin1"),
    "it is none",
  ],
  ["was made by other rules", indexOf({ ...header, rules: rulesHash(makeFilter()) }, []), "by other rules"],
  ["says nothing of its rules", indexOf({}, []), "'rules'"],
  ["is cut off in a block", whole.subarray(0, -40), "it is cut off"],
  ["lacks the end of its mark", whole.subarray(0, -1), "it is damaged"],
  ["goes on behind its end", Buffer.concat([whole, Buffer.of(0)]), "it is damaged"],
  ["has a bit that has turned", flipped, ""],
  ["has an entry without its folder", indexOf(header, [[fileAt("a/b")]]), "b'a/'"],
])("an index that %s is refused", async (_, bytes, words) => {
  const path = join(temporaryFolder(), "index");
  if (bytes) writeFileSync(path, bytes);
  const { message } = await farEndOf("/", { filter, index: path }).then(
    () => new Error("it was taken"),
    (error: unknown) => error as Error,
  );
  expect(message).toMatch(/^index: /);
  expect(message).toContain(words);
});
