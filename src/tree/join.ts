import type { Scanned } from "./entry.ts";
import { byPath } from "./order.ts";

/** The same path on both sides, or on one. */
export type Pair =
  | { readonly left: Scanned; readonly right: Scanned }
  | { readonly left: Scanned; readonly right?: undefined }
  | { readonly left?: undefined; readonly right: Scanned };

export type Batches = AsyncIterable<readonly Scanned[]> | Iterable<readonly Scanned[]>;

/**
 * Walks two trees in step and gives every path once, in order. Throws when a side is out of order or names a path
 * twice: a wrong order would turn into a wrong difference.
 *
 * Keeps one batch of each side in memory.
 */
export async function* join(left: Batches, right: Batches): AsyncGenerator<Pair> {
  const one = new Cursor("left", left);
  const two = new Cursor("right", right);
  try {
    await Promise.all([one.fill(), two.fill()]);
    for (;;) {
      const l = one.head;
      const r = two.head;
      if (l && r) {
        const order = byPath(l, r);
        if (order === 0) {
          yield { left: l, right: r };
          if (!one.step()) await one.fill();
          if (!two.step()) await two.fill();
        } else if (order < 0) {
          yield { left: l };
          if (!one.step()) await one.fill();
        } else {
          yield { right: r };
          if (!two.step()) await two.fill();
        }
      } else if (l) {
        yield { left: l };
        if (!one.step()) await one.fill();
      } else if (r) {
        yield { right: r };
        if (!two.step()) await two.fill();
      } else {
        return;
      }
    }
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}

class Cursor {
  head: Scanned | undefined;
  readonly #side: string;
  readonly #batches: AsyncIterator<readonly Scanned[]> | Iterator<readonly Scanned[]>;
  #batch: readonly Scanned[] = [];
  #index = 0;
  #last: Scanned | undefined;

  constructor(side: string, batches: Batches) {
    this.#side = side;
    this.#batches =
      Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  }

  /** Moves on within the batch; false at its end, where `fill` has to be waited for. */
  step(): boolean {
    this.#index += 1;
    this.head = this.#batch[this.#index];
    if (this.head === undefined) return false;
    this.#check(this.head);
    return true;
  }

  async fill(): Promise<void> {
    for (;;) {
      const next = await this.#batches.next();
      if (next.done) {
        this.head = undefined;
        return;
      }
      if (next.value.length > 0) {
        this.#batch = next.value;
        this.#index = 0;
        this.head = this.#batch[0] as Scanned;
        this.#check(this.head);
        return;
      }
    }
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }

  #check(head: Scanned): void {
    const order = this.#last === undefined ? -1 : byPath(this.#last, head);
    if (order === 0) throw new Error(`the ${this.#side} tree names a path twice: ${head.path.toString()}`);
    if (order > 0) throw new Error(`the ${this.#side} tree is out of order at: ${head.path.toString()}`);
    this.#last = head;
  }
}
