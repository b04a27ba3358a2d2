import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { PimeshError } from "../core/error.ts";
import type { Entry, EntryKind, Scanned, Unreadable } from "./entry.ts";
import type { Filter } from "./filter.ts";
import type { Progress, Scan } from "./scan.ts";

export interface LaptopScanOptions {
  /** Absolute path of the tree. */
  readonly tree: string;
  /** Folders that stand in the tree as `<name>/…` although they lie elsewhere: name → absolute path. */
  readonly folders?: Readonly<Record<string, string>>;
  readonly filter: Filter;
  readonly signal?: AbortSignal;
}

/**
 * Reads a tree of this machine, without following symlinks. What vanishes while it is read was never there; what
 * cannot be read is told as such.
 *
 * Works in slices of some 10 ms on synchronous calls, which cost a fifth of promises, and lets the event loop run in
 * between.
 */
export function scanLaptop(options: LaptopScanOptions): Scan {
  const progress: Progress = { entries: 0, inFlight: 0 };
  return {
    progress,
    async *[Symbol.asyncIterator]() {
      const walk = new Walk(options, progress);
      try {
        for (;;) {
          options.signal?.throwIfAborted();
          const batch = walk.slice(sliceMs);
          if (batch.length > 0) yield batch;
          if (walk.done) return;
          await setImmediate();
        }
      } finally {
        walk.close();
      }
    },
  };
}

const sliceMs = 10;
/** A slice also ends here, so that a batch stays small on a fast machine. */
const batchEntries = 4096;
/** Linux refuses paths of 4096 bytes and more; names end at 255. Below that a folder gets a short handle of its own. */
const longPath = 3500;

/** A folder that is being walked. Names and paths are latin1, one character a byte. */
interface Frame {
  /** Path in the tree, with a `/` at the end unless it is the root. */
  readonly prefix: string;
  /** The same as the system is asked for it, with a `/` at the end. */
  readonly access: string;
  readonly depth: number;
  /** In the order to take them; a name that ends in `/` stands for what the folder holds. */
  readonly names: readonly string[];
  readonly folders: ReadonlySet<string>;
  /** Folders whose own entry has been given and whose content is still to come. */
  readonly opened: Map<string, Frame>;
  next: number;
  /** Behind `access`, where the path had grown too long. */
  readonly handle: number | undefined;
}

class Walk {
  readonly #options: LaptopScanOptions;
  readonly #progress: Progress;
  /** Path in the tree → where it really lies, with a `/` at the end. */
  readonly #elsewhere: ReadonlyMap<string, string>;
  readonly #stack: Frame[] = [];
  #batch: Scanned[] = [];

  constructor(options: LaptopScanOptions, progress: Progress) {
    this.#options = options;
    this.#progress = progress;
    this.#elsewhere = new Map(
      Object.entries(options.folders ?? {}).map(([name, path]) => [latin1(name), `${latin1(path)}/`]),
    );
    const root = this.#open("", `${latin1(options.tree)}/`, 0);
    if (root === undefined) throw absent(latin1(options.tree));
    if ("kind" in root) this.#batch.push(root);
    else this.#stack.push(root);
  }

  get done(): boolean {
    return this.#stack.length === 0;
  }

  slice(milliseconds: number): readonly Scanned[] {
    const end = performance.now() + milliseconds;
    let untilClock = 64;
    for (let frame = this.#stack.at(-1); frame; frame = this.#stack.at(-1)) {
      const name = frame.names[frame.next];
      frame.next += 1;
      if (name === undefined) this.#leave();
      else if (name.endsWith("/")) this.#descend(frame, name);
      else this.#take(frame, name);
      untilClock -= 1;
      if (untilClock > 0) continue;
      if (this.#batch.length >= batchEntries || performance.now() >= end) break;
      untilClock = 64;
    }
    const batch = this.#batch;
    this.#batch = [];
    this.#progress.entries += batch.length;
    return batch;
  }

  close(): void {
    while (this.#stack.length > 0) this.#leave();
  }

  #descend(frame: Frame, name: string): void {
    const inner = frame.opened.get(name);
    if (!inner) return;
    frame.opened.delete(name);
    this.#stack.push(inner);
  }

  #take(frame: Frame, name: string): void {
    const path = frame.prefix + name;
    const isFolder = frame.folders.has(name);
    const kind = isFolder ? "folder" : "other";
    const verdict = this.#options.filter.verdict(path, name, frame.depth + 1, kind);
    if (verdict === "never") return;
    const place = frame.depth === 0 ? this.#elsewhere.get(name) : undefined;
    const access = place ?? frame.access + name;
    const entry = attempt(path, () => entryAt(path, access));
    if (entry === undefined && place !== undefined) throw absent(place);
    if (entry === undefined) return;
    if (verdict === "in-flight") {
      if (entry.kind === "file") this.#progress.inFlight += 1;
      return;
    }
    if (entry.kind !== "folder") {
      this.#batch.push(entry);
      return;
    }
    // Whether a folder can be read has to be known when its own entry is given, which is before `name-x` and what
    // it holds comes after: it is opened here and entered later.
    const inner = isFolder
      ? this.#open(`${path}/`, place ?? `${access}/`, frame.depth + 1)
      : unreadable(path, "it became a folder while the tree was read");
    if (inner === undefined) return;
    if ("kind" in inner) {
      this.#batch.push(inner);
      return;
    }
    this.#batch.push(entry);
    frame.opened.set(`${name}/`, inner);
  }

  /** undefined when it is gone. */
  #open(prefix: string, access: string, depth: number): Frame | Unreadable | undefined {
    let handle: number | undefined;
    const frame = attempt(prefix.slice(0, -1), (): Frame => {
      let short = access;
      if (access.length > longPath && process.platform === "linux") {
        handle = openSync(Buffer.from(access, "latin1"), constants.O_RDONLY | constants.O_DIRECTORY);
        short = `/proc/self/fd/${handle}/`;
      }
      const names: string[] = [];
      const folders = new Set<string>();
      const add = (name: string, isFolder: boolean): void => {
        names.push(name);
        if (!isFolder) return;
        names.push(`${name}/`);
        folders.add(name);
      };
      // As buffers: a file system that does not tell the kind of a name makes Node ask for it by that name.
      const found = readdirSync(Buffer.from(short, "latin1"), { withFileTypes: true, encoding: "buffer" });
      for (const dirent of found) {
        const name = dirent.name.toString("latin1");
        if (depth > 0 || !this.#elsewhere.has(name)) add(name, dirent.isDirectory());
      }
      if (depth === 0) for (const name of this.#elsewhere.keys()) add(name, true);
      // Strings are ordered by code unit, which in latin1 is by byte.
      return {
        prefix,
        access: short,
        depth,
        names: names.toSorted(),
        folders,
        opened: new Map(),
        next: 0,
        handle,
      };
    });
    if (handle !== undefined && (frame === undefined || "kind" in frame)) closeSync(handle);
    return frame;
  }

  #leave(): void {
    const frame = this.#stack.pop();
    for (const inner of frame?.opened.values() ?? []) if (inner.handle !== undefined) closeSync(inner.handle);
    if (frame?.handle !== undefined) closeSync(frame.handle);
  }
}

function entryAt(path: string, access: string): Entry {
  const place = Buffer.from(access, "latin1");
  // In nanoseconds: as a double, 1.999999999 s is 2 s.
  const stats = lstatSync(place, { bigint: true });
  const kind: EntryKind = stats.isFile()
    ? "file"
    : stats.isDirectory()
      ? "folder"
      : stats.isSymbolicLink()
        ? "symlink"
        : "special";
  return {
    path: Buffer.from(path, "latin1"),
    kind,
    size: kind === "file" ? Number(stats.size) : 0,
    mtime: floorSeconds(stats.mtimeNs),
    ...(kind === "symlink" ? { target: readlinkSync(place, "buffer") } : {}),
  };
}

function floorSeconds(nanoseconds: bigint): number {
  const seconds = nanoseconds / 1_000_000_000n;
  return Number(nanoseconds < 0n && seconds * 1_000_000_000n !== nanoseconds ? seconds - 1n : seconds);
}

/** undefined when it is gone, which is no error in a tree that lives. */
function attempt<T>(path: string, ask: () => T): T | Unreadable | undefined {
  try {
    return ask();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return unreadable(path, code);
  }
}

function unreadable(path: string, reason: string): Unreadable {
  return { path: Buffer.from(path, "latin1"), kind: "unreadable", reason };
}

function absent(place: string): PimeshError {
  return new PimeshError(
    "E-LAPTOP-TREE",
    `the laptop's tree is gone: ${Buffer.from(place, "latin1").toString()}`,
    {
      hint: "mount it, then run the command again",
    },
  );
}

function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
