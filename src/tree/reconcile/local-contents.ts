import { createHash } from "node:crypto";
import type { Hasher } from "../content-verdicts.ts";
import type { Entry } from "../entry.ts";
import { allGroups } from "./groups.ts";
import type { Identifier } from "./identified.ts";
import type { ContentAnswer, ContentRequest, Range, RangeSum, Request } from "./messages.ts";
import type { PackedTree } from "./packed-tree.ts";
import { letterOf } from "./record.ts";
import { join64, mod64 } from "./sums.ts";

/** What answers questions about the contents of a tree in this process. */
export type LocalContents = (request: ContentRequest) => Promise<ContentAnswer>;

export interface ContentsOf {
  readonly tree: PackedTree;
  readonly identify: Identifier;
  readonly key: Buffer;
  readonly hash: Hasher;
  /** Names the disk that it lies on. */
  readonly place: string;
  /** Bytes that have been read so far. */
  readonly onHashed: (bytes: number) => void;
  /** The numbers of a range's entries, the second not included. */
  readonly numbers: (tree: PackedTree, range: Range) => readonly [number, number];
}

/** As `content.py` does it; the contents it makes are the same, stamps are each side's own. Keeps a number for each file that was read. */
export function localContents(given: ContentsOf): LocalContents {
  const { tree, identify, key, hash, place, onHashed } = given;
  let leftOut: ReadonlySet<bigint> = new Set();
  const found = new Map<number, bigint>();
  const failed = new Map<number, string>();
  let read = 0;

  const filesOf = (range: Range): number[] => {
    const [from, to] = given.numbers(tree, range);
    const files: number[] = [];
    for (let number = from; number < to; number += 1) if (tree.holdsBytes(number)) files.push(number);
    if (leftOut.size === 0) return files;
    const { ids } = identify.of(allGroups);
    return files.filter(
      (number) => !leftOut.has(join64(ids.high[number] as number, ids.low[number] as number)),
    );
  };
  const readAll = async (files: readonly number[]): Promise<RangeSum> => {
    const entries = files.map((number) => tree.entry(number));
    const hashes = await hash(entries, (bytes) => {
      read += bytes;
      onHashed(read);
    });
    entries.forEach((entry, index) => {
      const number = files[index] as number;
      const one = hashes[index] ?? { failed: "it was not read" };
      if (typeof one === "string") found.set(number, contentOf(key, entry, Buffer.from(one, "hex")));
      else failed.set(number, one.failed);
    });
    return sumOf(files.map((number) => found.get(number) ?? 0n));
  };

  return async (request) => {
    switch (request.type) {
      case "leave-out":
        leftOut = new Set(request.ids);
        return { type: "leave-out" };
      case "stamps": {
        const stamps = (range: Range): bigint[] =>
          filesOf(range).map((number) => stampOf(key, tree.entry(number), place));
        return { type: "stamps", sums: request.ranges.map((range) => sumOf(stamps(range))) };
      }
      case "contents": {
        const files = filesOf(request.range);
        const sum = await readAll(files);
        return {
          type: "contents",
          sum,
          failed: files.filter((number) => failed.has(number)).length,
          bytes: files.reduce((bytes, number) => bytes + tree.entry(number).size, 0),
        };
      }
      case "content-numbers": {
        const files = filesOf(request.range);
        return {
          type: "content-numbers",
          numbers: files.map((number) => found.get(number) ?? 0n),
          failed: new Map(
            files.flatMap((number, at) => {
              const reason = failed.get(number);
              return reason === undefined ? [] : [[at, reason] as const];
            }),
          ),
        };
      }
      case "files":
        break;
    }
    const files = filesOf(request.range);
    return {
      type: "files",
      entries: request.places.flatMap((at) => {
        const number = files[at];
        return number === undefined ? [] : tree.entry(number);
      }),
    };
  };
}

export function isAboutContents(request: Request): request is ContentRequest {
  return request.type in contentTypes;
}

const contentTypes: Readonly<Record<ContentRequest["type"], true>> = {
  "leave-out": true,
  stamps: true,
  contents: true,
  "content-numbers": true,
  files: true,
};

function stampOf(key: Buffer, entry: Entry, place: string): bigint {
  const seconds = Buffer.alloc(8);
  seconds.writeBigInt64BE(BigInt(entry.mtime));
  return numberOf(key, "t", entry, Buffer.concat([seconds, Buffer.from(place)]));
}

function contentOf(key: Buffer, entry: Entry, digest: Buffer): bigint {
  return numberOf(key, "c", entry, digest);
}

function numberOf(key: Buffer, mark: string, entry: Entry, more: Buffer): bigint {
  const head = Buffer.of(letterOf.file, 0, 0, 0, 0);
  head.writeUInt32BE(entry.path.length, 1);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(entry.size));
  return createHash("sha256")
    .update(key)
    .update(mark)
    .update(head)
    .update(entry.path)
    .update(size)
    .update(more)
    .digest()
    .readBigUInt64BE();
}

function sumOf(numbers: readonly bigint[]): RangeSum {
  return { count: numbers.length, id: mod64(numbers.reduce((sum, one) => sum + one, 0n)) };
}
