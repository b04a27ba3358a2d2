import { closeSync } from "node:fs";
import { PimeshError } from "../core/error.ts";
import { latin1 } from "../core/latin1.ts";
import type { Verdict } from "../engine/artefacts.ts";
import type { Entry, Scanned, Unreadable } from "./entry.ts";
import type { Filter } from "./filter.ts";
import { attempt, entryReader } from "./laptop-entry.ts";
import { openFolder, type OpenFolder } from "./laptop-folder.ts";
import type { Progress } from "./scan.ts";

/** A folder that is being walked. Names and paths are latin1, one character a byte. */
interface Frame extends OpenFolder {
  /** Its own name, with a `/` at the end. */
  readonly name: string;
  /** Path in the tree, with a `/` at the end unless it is the root. */
  readonly prefix: string;
  readonly depth: number;
  /** How much of `access` stands before `prefix`; undefined where it does not end in it. */
  readonly before: number | undefined;
  next: number;
  /** Folders whose own entry has been given and whose content is still to come, the last one first. */
  readonly waiting: Frame[];
}

/** Walks a tree of this machine in the order of whole paths, a slice of time at a time. */
export class LaptopWalk {
  readonly #filter: Filter;
  readonly #entryAt = entryReader();
  readonly #progress: Progress;
  /** Name in the tree's root → where it really lies, with a `/` at the end: so the system follows a symlink. */
  readonly #elsewhere: ReadonlyMap<string, string>;
  readonly #stack: Frame[] = [];
  #batch: Scanned[] = [];

  /** Throws E-LAPTOP-TREE when there is no such tree. */
  constructor(
    options: {
      readonly tree: string;
      readonly folders?: Readonly<Record<string, string>>;
      readonly filter: Filter;
    },
    progress: Progress,
  ) {
    this.#filter = options.filter;
    this.#progress = progress;
    this.#elsewhere = new Map(
      Object.entries(options.folders ?? {}).map(([name, path]) => [latin1(name), `${latin1(path)}/`]),
    );
    const root = this.#open("", "", `${latin1(options.tree)}/`, 0);
    if (root === undefined) throw absent(options.tree);
    if ("kind" in root) this.#batch.push(root);
    else this.#stack.push(root);
  }

  get done(): boolean {
    return this.#stack.length === 0;
  }

  /** The next entries; ends after so many milliseconds or entries, roughly. Throws E-LAPTOP-TREE. */
  slice(milliseconds: number, most: number): readonly Scanned[] {
    const end = performance.now() + milliseconds;
    let untilClock = 64;
    for (let frame = this.#stack.at(-1); frame; frame = this.#stack.at(-1)) {
      const name = frame.names[frame.next];
      const inner = frame.waiting.at(-1);
      // What `a/` holds comes after `a-b` and before `a0`; and `a-b/` comes before `a/`, so the last one is the next.
      if (inner && (name === undefined || inner.name < name)) {
        frame.waiting.pop();
        this.#stack.push(inner);
      } else if (name === undefined) {
        this.#leave();
      } else {
        frame.next += 1;
        this.#take(frame, name);
      }
      untilClock -= 1;
      if (untilClock > 0) continue;
      if (this.#batch.length >= most || performance.now() >= end) break;
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

  #take(frame: Frame, name: string): void {
    const elsewhere = frame.depth === 0 ? this.#elsewhere.get(name) : undefined;
    if (elsewhere !== undefined) {
      this.#takeElsewhere(frame, name, elsewhere);
      return;
    }
    // Only the system tells the kind for certain, but what never counts as either need not be asked about.
    const asOther = this.#verdict(frame, name, "other");
    if (asOther === "never" && this.#verdict(frame, name, "folder") === "never") return;
    const access = frame.access + name;
    const entry = attempt(frame.prefix + name, () => {
      const place = Buffer.from(access, "latin1");
      const path =
        frame.before === undefined
          ? Buffer.from(frame.prefix + name, "latin1")
          : place.subarray(frame.before);
      return this.#entryAt(place, path);
    });
    if (entry === undefined) return;
    const verdict =
      entry.kind === "folder" || (entry.kind === "unreadable" && asOther !== "counts")
        ? this.#verdict(frame, name, "folder")
        : asOther;
    if (verdict === "in-flight" && entry.kind === "file") this.#progress.inFlight += 1;
    if (verdict !== "counts") return;
    if (entry.kind === "folder") this.#enter(frame, name, entry, `${access}/`);
    else this.#batch.push(entry);
  }

  #takeElsewhere(frame: Frame, name: string, place: string): void {
    if (this.#verdict(frame, name, "folder") !== "counts") return;
    const entry = attempt(name, () =>
      this.#entryAt(Buffer.from(place, "latin1"), Buffer.from(name, "latin1")),
    );
    if (entry === undefined) throw absent(Buffer.from(place, "latin1").toString());
    if (entry.kind === "folder") this.#enter(frame, name, entry, place);
    else this.#batch.push(entry);
  }

  /**
   * Whether a folder can be read has to be known when its own entry is given, which is before `name-x` and what it
   * holds comes after: it is opened here and walked later.
   */
  #enter(frame: Frame, name: string, entry: Entry, access: string): void {
    const inner = this.#open(`${name}/`, `${frame.prefix}${name}/`, access, frame.depth + 1);
    if (inner === undefined) return;
    if ("kind" in inner) {
      this.#batch.push(inner);
    } else {
      this.#batch.push(entry);
      frame.waiting.push(inner);
    }
  }

  /** undefined when it is gone. */
  #open(name: string, prefix: string, access: string, depth: number): Frame | Unreadable | undefined {
    return attempt(prefix.slice(0, -1), () => {
      const folder = openFolder(access, depth === 0 ? [...this.#elsewhere.keys()] : []);
      const before = folder.access.endsWith(prefix) ? folder.access.length - prefix.length : undefined;
      return { ...folder, name, prefix, depth, before, next: 0, waiting: [] };
    });
  }

  #leave(): void {
    const frame = this.#stack.pop();
    for (const inner of frame?.waiting ?? []) if (inner.handle !== undefined) closeSync(inner.handle);
    if (frame?.handle !== undefined) closeSync(frame.handle);
  }

  #verdict(frame: Frame, name: string, kind: "folder" | "other"): Verdict {
    return this.#filter.verdict(frame.prefix + name, name, frame.depth + 1, kind);
  }
}

function absent(place: string): PimeshError {
  return new PimeshError("E-LAPTOP-TREE", `the laptop's tree is gone: ${place}`, {
    hint: "mount it, then run the command again",
  });
}
