import { PimeshError } from "../core/error.ts";
import type { Scanned, Unreadable } from "./entry.ts";
import { parseRecord, RecordOrder, records } from "./listing.ts";
import { checkEnd, checkStart, comesSorted, startWalk, type NodeTree } from "./node-walk.ts";
import { byPath } from "./order.ts";
import type { Progress, Scan } from "./scan.ts";
import { UnreadablePlaces } from "./unreadable.ts";
import { readNotes } from "./walk-notes.ts";

/** A tree of a node as it arrives. */
export interface NodeScan extends Scan {
  /** The engine's ignore files as they were when the walk began, one behind the other; empty when there is none. Known once the first batch is. */
  readonly ignoreText: () => Buffer;
}

/**
 * Reads a node's tree in one round trip: the disk is checked, the tree walked, sorted and packed there, and the
 * listing arrives as it is made. Throws E-DISK-NOT-MOUNTED, E-TREE-ABSENT, E-NO-LISTER, and E-SCAN-FAILED when the
 * answer is incomplete; never gives a part for the whole.
 *
 * Memory: one chunk; the whole listing where the node's `sort` cannot do it.
 */
export function scanNode(from: NodeTree): NodeScan {
  const progress: Progress = { entries: 0, inFlight: 0 };
  const answer = new Answer(from, progress);
  return {
    progress,
    ignoreText: () => answer.ignoreText,
    late: () => answer.late,
    async *[Symbol.asyncIterator]() {
      if (comesSorted(from.connection.node, await from.tools())) {
        yield* answer.batches();
        return;
      }
      const all: Scanned[] = [];
      for await (const batch of answer.batches()) for (const entry of batch) all.push(entry);
      if (all.length > 0) yield all.toSorted(byPath);
    },
  };
}

class Answer {
  ignoreText: Buffer = Buffer.alloc(0);
  late: readonly Unreadable[] = [];
  readonly #from: NodeTree;
  readonly #progress: Progress;
  readonly #tail: Buffer[] = [];
  readonly #told = new UnreadablePlaces();
  #part: "start" | "ignore-file" | "listing" | "tail" = "start";

  constructor(from: NodeTree, progress: Progress) {
    this.#from = from;
    this.#progress = progress;
  }

  async *batches(): AsyncGenerator<readonly Scanned[]> {
    const stream = await startWalk(this.#from, "list");
    // Waited for at the end; until then a lost connection must not become an unhandled rejection.
    stream.end.catch(() => {});
    const order = new RecordOrder();
    try {
      for await (const chunk of records(stream.stdout)) {
        const batch: Scanned[] = [];
        for (const record of chunk) this.#take(record, order, batch);
        if (this.#part === "tail") order.flush(batch);
        this.#progress.entries += batch.length;
        if (batch.length > 0) yield batch;
      }
    } catch (error) {
      throw isZlibError(error) ? this.#failed("the packed listing was damaged or cut off", error) : error;
    }
    const { code, stderr } = await stream.end;
    this.#finish(code, stderr);
  }

  #take(record: Buffer, order: RecordOrder, batch: Scanned[]): void {
    if (this.#part === "tail") {
      this.#tail.push(Buffer.from(record));
    } else if (this.#part === "start") {
      checkStart(this.#from, record.toString());
      this.#part = "ignore-file";
    } else if (this.#part === "ignore-file") {
      this.ignoreText = Buffer.from(record);
      this.#part = "listing";
    } else if (record.length === 0) {
      this.#part = "tail";
    } else {
      const entry = parseRecord(record);
      if (entry === undefined) throw this.#failed("the listing holds a record that cannot be read");
      if (entry === "in-flight") this.#progress.inFlight += 1;
      else {
        if (entry.kind === "unreadable") this.#told.add(entry);
        order.push(entry, batch);
      }
    }
  }

  #finish(code: number, stderr: Buffer): void {
    const [notes, mounted, end] = this.#tail;
    if (this.#part === "start") throw this.#failed(`the walk did not start${lastLine(stderr)}`);
    checkEnd(this.#from, mounted?.toString(), end?.toString());
    const { places, failure } = readNotes(notes as Buffer);
    if (failure !== undefined) throw this.#failed(failure);
    if (code !== 0) throw this.#failed(`the walk ended with exit code ${code}${lastLine(stderr)}`);
    // busybox's find complains about a folder that has been told as unreadable already, and about all it holds.
    this.late = places.filter(({ path }) => this.#told.covering(path) === undefined);
  }

  #failed(what: string, cause?: unknown): PimeshError {
    return new PimeshError("E-SCAN-FAILED", `the tree could not be listed: ${what}`, {
      node: this.#from.connection.node,
      hint: "run the command again",
      cause,
    });
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

function lastLine(stderr: Buffer): string {
  const line = stderr.toString().trimEnd().split("\n").at(-1) ?? "";
  return line === "" ? "" : `: ${line}`;
}
