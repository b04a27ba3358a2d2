import { script, sh } from "../core/shell.ts";
import type { Stream } from "../ssh/connection.ts";
import { keptFolders } from "../ssh/kept-script.ts";
import { farEndShell } from "./far-end.ts";
import { farEndRules } from "./far-end-rules.ts";
import { checkIndex, checkIndexStart, unusableIndex, type IndexStart } from "./index-refusal.ts";
import { checkEnd, checkStart, mountsSpelling, type NodeTree } from "./node-walk.ts";
import { outbox } from "../core/outbox.ts";
import type { Hashing } from "./reconcile/fingerprint.ts";
import type { Answer } from "./reconcile/messages.ts";
import { streamSide, type StreamSide } from "./reconcile/stream-side.ts";
import { keptProgram, reconcileProgram } from "./reconcile-program.ts";

/** A node's tree as one side of a reconciliation. */
export interface FarSide extends StreamSide {
  /** Who reads it: root where that needs no password. */
  readonly as: "user" | "root";
  /** The engine's ignore files as they were when the reading began, one behind the other; empty when there is none. */
  readonly ignoreText: Buffer;
  /** Bytes of the program that was sent; 0 where the node keeps it. */
  readonly programBytes: number;
  /** Where it is read from an index, the node's clock, in seconds since the epoch. */
  readonly now: number | undefined;
  /** After `close`: nothing that was answered counts before this has said that the disk was there all the time. */
  finish(): Promise<void>;
}

export interface FarSideOptions {
  /** What is read: the tree, which is the default, or the index that the node keeps of it. */
  readonly source?: "tree" | "index";
  /** Told how many entries have been seen so far. */
  readonly onProgress: (entries: number) => void;
  /** Told how many bytes of files have been read so far; without it contents cannot be asked for. */
  readonly onHashed?: (bytes: number) => void;
}

/**
 * Starts the far end in Python on a node, the one that it keeps or one that is sent, and lets it read the tree, or the index that the node keeps of it; undefined where
 * there is no Python 3.5 or newer. Throws E-DISK-NOT-MOUNTED, E-TREE-ABSENT and E-SCAN-FAILED, and E-INDEX for an index that is
 * missing, damaged, or of another disk, tree or rules; from here, from the side's answers, or from `finish`.
 */
export async function farSide(
  from: NodeTree,
  hashing: Hashing,
  { source = "tree", onProgress, onHashed }: FarSideOptions,
): Promise<FarSide | undefined> {
  const { bootstrap, packed } = reconcileProgram(onHashed ? "contents" : source);
  const output = outbox();
  const stream = await from.connection.stream(
    script(
      sh`tree=${from.tree} mount=${mountsSpelling(from.mount ?? "")} ignore_files=${(from.ignoreFiles ?? []).join(" ")}`,
      sh`bootstrap=${bootstrap} kept=${keptFolders.map((folder) => `${folder}/${keptProgram.name}`).join(" ")}`,
      farEndShell("tree.sh"),
      ...(source === "index"
        ? [sh`index=${indexPath(from)} also=open_index`, farEndShell("index.sh")]
        : [sh`also=true`]),
      farEndShell("reconcile.sh"),
    ),
    {
      as: "free-root",
      stdin: output,
      // It says how far it has come; between questions it is we who think
      silenceMs: 15 * 60_000,
      ...(from.signal ? { signal: from.signal } : {}),
    },
  );
  // Waited for at the end; until then a lost connection must not become an unhandled rejection
  stream.end.catch(() => {});
  const fields = new Fields(stream.stdout);
  const give = async <T>(value: T): Promise<T> => {
    output.end();
    await stream.end.catch(() => {});
    return value;
  };
  const status = (await fields.field())?.toString();
  if (status === "no-python") return give(undefined);
  if (status !== "ok") await give(undefined);
  checkStart(from, status ?? "");
  const ignoreText = (await fields.field()) ?? Buffer.alloc(0);
  const index = source === "index" ? ((await fields.field())?.toString() ?? "") : undefined;
  if (index !== undefined && !/^\d/.test(index)) await give(undefined);
  const start = index === undefined ? undefined : checkIndexStart(from, index);
  const word = (await fields.field())?.toString();
  // Too old, or one that does not even start
  if (word !== "kept" && word !== "send") return give(undefined);
  const sent = word === "send";
  if (sent) output.write(packed);
  const side = streamSide({
    node: from.connection.node,
    wire: {
      input: fields.rest(),
      output,
      async lastWords() {
        const { words, disk } = await ended(stream);
        if (disk === "lost") checkEnd(from, disk, "end");
        return words;
      },
    },
    hello: {
      key: hashing.key,
      times: hashing.times,
      rules: farEndRules(from.filter),
      // As index.sh leaves it
      ...(source === "index" ? { index: "/proc/self/fd/3" } : {}),
    },
    onProgress,
    ...(onHashed ? { onHashed } : {}),
  });
  return {
    ...side,
    ...(start ? { next: async () => fromIndex(from, start, async () => side.next()) } : {}),
    as: stream.as,
    ignoreText,
    programBytes: sent ? packed.length : 0,
    now: start?.now,
    async finish() {
      const { disk } = await ended(stream);
      checkEnd(from, disk, "end");
    },
  };
}

/** Beside the tree, on its disk; `ownPaths` of node-tree.ts keeps it out where the tree is the whole disk. */
function indexPath({ mount }: NodeTree): string {
  return `${mount ?? ""}/.pimesh/index`;
}

async function fromIndex(from: NodeTree, start: IndexStart, next: StreamSide["next"]): Promise<Answer> {
  const answer = await next().catch((error: unknown) => {
    // So serve.py begins when it is the index that failed
    const why = error instanceof Error ? /: index: (.*)$/s.exec(error.message)?.[1] : undefined;
    throw why === undefined ? error : unusableIndex(from, why, error);
  });
  if (answer.type === "summary") checkIndex(from, start, answer.summary.index);
  return answer;
}

/** What was complained of, and the last line: was the disk there all the time? Undefined where that was not reached. */
async function ended(stream: Stream): Promise<{ words: string; disk: "mounted" | "lost" | undefined }> {
  const lines = (await stream.end).stderr.toString().trimEnd().split("\n");
  const last = lines.at(-1);
  const disk = last === "mounted" || last === "lost" ? last : undefined;
  return { words: lines.slice(0, disk === undefined ? undefined : -1).join("\n"), disk };
}

/** A stream that begins with fields, each ended by a NUL. */
class Fields {
  readonly #chunks: AsyncIterator<Buffer>;
  #waiting: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Undefined when the stream ends before the field does. */
  async field(): Promise<Buffer | undefined> {
    for (;;) {
      const end = this.#waiting.indexOf(0);
      if (end >= 0) {
        const field = this.#waiting.subarray(0, end);
        this.#waiting = this.#waiting.subarray(end + 1);
        return field;
      }
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#waiting = Buffer.concat([this.#waiting, next.value]);
    }
  }

  async *rest(): AsyncGenerator<Buffer> {
    if (this.#waiting.length > 0) yield this.#waiting;
    for (let next = await this.#chunks.next(); !next.done; next = await this.#chunks.next()) yield next.value;
  }
}
