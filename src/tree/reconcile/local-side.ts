import type { Hasher } from "../content-verdicts.ts";
import type { Entry, Unreadable } from "../entry.ts";
import { countTree, type Scan } from "../scan.ts";
import { sharedBytes } from "./entries-body.ts";
import type { Hashing } from "./fingerprint.ts";
import { folderSummer, type FolderSums } from "./folder-sums.ts";
import { allGroups, type GroupSet } from "./groups.ts";
import { identifier, type Identifier } from "./identified.ts";
import { isAboutContents, localContents } from "./local-contents.ts";
import type { Answer, ContentRequest, Range, RangeSum, Request, Summary, Totals } from "./messages.ts";
import { packer, type PackedTree } from "./packed-tree.ts";
import { longestBound } from "./ranges-body.ts";
import type { TreeSide } from "./side.ts";
import { sum64 } from "./sums.ts";
import { buildTable } from "./table.ts";

export interface LocalSide extends TreeSide {
  /** All entries in the order of their paths, made as they are asked for; once the summary is there. */
  entries(): Iterable<Entry>;
}

/** What reads the files of a tree, where contents are asked for. */
export interface LocalReader {
  readonly hash: Hasher;
  /** Names the disk that it lies on. */
  readonly place: string;
  /** Bytes that have been read so far. */
  readonly onHashed: (bytes: number) => void;
}

/** A tree that is read in this process, kept packed, and answers as a far end does. The scan is walked once. */
export function localSide(name: string, scan: Scan, hashing: Hashing, reader?: LocalReader): LocalSide {
  const questions: Request[] = [];
  const giveUp = new AbortController();
  let tree: PackedTree | undefined;
  const answers = async function* (): AsyncGenerator<Answer, undefined> {
    const { summary, ...read } = await readTree(scan, hashing, giveUp.signal);
    const known: Known = { ...read, identify: identifier(read.tree, hashing) };
    tree = known.tree;
    const contents = reader ? localContents({ ...known, ...reader, key: hashing.key, numbers }) : undefined;
    yield { type: "summary", summary };
    for (let question = questions.shift(); question; question = questions.shift()) {
      if (question.type === "listing") yield* listing(tree);
      else if (isAboutContents(question)) {
        if (!contents) throw new Error("nothing reads contents here");
        yield await contents(question);
      } else yield answerTo(known, question);
    }
  };
  const given = answers();
  return {
    name,
    local: true,
    ask: (request) => questions.push(request),
    async next() {
      const { value } = await given.next();
      if (!value) throw new Error("an answer was waited for and nothing was asked");
      return value;
    },
    async close() {
      // What is still being read ends at its next batch.
      giveUp.abort();
      await given.return(undefined);
    },
    entries() {
      if (!tree) throw new Error("the tree has not been read yet");
      return entriesOf(tree, 0, tree.count);
    },
  };
}

/** What is known of a tree that has been read. */
interface Known {
  readonly tree: PackedTree;
  readonly folders: FolderSums;
  readonly identify: Identifier;
}

async function readTree(
  scan: Scan,
  hashing: Hashing,
  signal: AbortSignal,
): Promise<Omit<Known, "identify"> & { readonly summary: Summary }> {
  const began = performance.now();
  const summer = folderSummer(hashing);
  const pack = packer();
  const unreadable: Unreadable[] = [];
  const packed: Scan = {
    ...scan,
    async *[Symbol.asyncIterator]() {
      for await (const batch of scan) {
        signal.throwIfAborted();
        for (const entry of batch) {
          if (entry.kind === "unreadable") unreadable.push(entry);
          else pack.add(entry, summer.add(entry));
        }
        yield batch;
      }
    },
  };
  const counts = await countTree(packed);
  unreadable.push(...(scan.late?.() ?? []));
  const tree = pack.done();
  const seconds = (performance.now() - began) / 1000;
  const folders = summer.done();
  const sums = { count: tree.count, folders: folders.of(allGroups), groups: folders.groups };
  return { tree, folders, summary: { ...sums, counts, unreadable, seconds } };
}

function answerTo(known: Known, request: Exclude<Request, ContentRequest | { type: "listing" }>): Answer {
  const { tree, identify } = known;
  switch (request.type) {
    case "table": {
      const table = buildTable(identify.of(request.groups).ids, request.size);
      return { type: "table", totals: totalsOf(known, request.groups), table };
    }
    case "totals":
      return { type: "totals", totals: totalsOf(known, allGroups) };
    case "entries":
      return { type: "entries", entries: startingWith(known, request.starts) };
    case "sums":
      return {
        type: "sums",
        sums: request.ranges.map((range) => sumOf(identify, ...numbers(tree, range))),
      };
    case "inside":
      return {
        type: "inside",
        entries: request.ranges.flatMap((range) => [...entriesOf(tree, ...numbers(tree, range))]),
      };
    case "split":
      break;
  }
  return split(known, request.range, request.parts);
}

function* listing(tree: PackedTree): Generator<Answer> {
  for (let from = 0; from < tree.count; from += entriesAtOnce) {
    const entries = [...entriesOf(tree, from, Math.min(tree.count, from + entriesAtOnce))];
    yield { type: "listing", entries };
  }
  yield { type: "listing-end" };
}

const entriesAtOnce = 2048;

function totalsOf({ folders, identify }: Known, groups: GroupSet): Totals {
  return { entries: identify.of(groups).sums, folders: folders.of(groups) };
}

function startingWith({ tree, identify }: Known, starts: readonly number[]): Entry[] {
  const wanted = new Set(starts);
  const found: Entry[] = [];
  const { numbers: entries, ids } = identify.last();
  entries.forEach((number, at) => {
    // The upper 40 bits, as `startOf` has them.
    const start = (ids.high[at] as number) * 256 + ((ids.low[at] as number) >>> 24);
    if (wanted.has(start)) found.push(tree.entry(number));
  });
  return found;
}

/** Into parts of the same number of entries; the bounds between them are as short as they can be. */
function split({ tree, identify }: Known, range: Range, parts: number): Answer {
  const [from, to] = numbers(tree, range);
  const edges = [from];
  const bounds: Buffer[] = [];
  for (let part = 1; part < parts; part += 1) {
    const edge = from + Math.floor(((to - from) * part) / parts);
    if (edge === edges.at(-1)) continue;
    const path = tree.path(edge);
    const length = sharedBytes(tree.path(edge - 1), path) + 1;
    if (length > longestBound) continue;
    edges.push(edge);
    bounds.push(path.subarray(0, length));
  }
  const sums = edges.map((edge, part) => sumOf(identify, edge, edges[part + 1] ?? to));
  return { type: "split", bounds, sums };
}

function sumOf(identify: Identifier, from: number, to: number): RangeSum {
  const { ids } = identify.of(allGroups);
  const id = sum64();
  for (let number = from; number < to; number += 1) {
    id.add(ids.high[number] as number, ids.low[number] as number);
  }
  return { count: to - from, id: id.value() };
}

/** The entries of a range, the second number not included. */
function numbers(tree: PackedTree, { low, high }: Range): [number, number] {
  const from = tree.find(low);
  return [from, high === undefined ? tree.count : Math.max(from, tree.find(high))];
}

function* entriesOf(tree: PackedTree, from: number, to: number): Generator<Entry> {
  for (let number = from; number < to; number += 1) yield tree.entry(number);
}
