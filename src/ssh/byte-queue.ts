/** Bytes on their way from a channel to a reader, with a mark above which the channel is asked to wait. */
export class ByteQueue implements AsyncIterable<Buffer> {
  readonly #full: () => void;
  readonly #drained: () => void;
  readonly #abandoned: () => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #isFull = false;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  /** `abandoned`: the reader left before the end. */
  constructor(react: {
    readonly full: () => void;
    readonly drained: () => void;
    readonly abandoned: () => void;
  }) {
    this.#full = react.full;
    this.#drained = react.drained;
    this.#abandoned = react.abandoned;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0 || this.#ended) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= highMark && !this.#isFull) {
      this.#isFull = true;
      this.#full();
    }
    this.#wake?.();
  }

  /** After what is queued comes the end, or the error. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#bytes -= chunk.length;
          if (this.#isFull && this.#bytes < highMark / 2) {
            this.#isFull = false;
            this.#drained();
          }
          yield chunk;
        } else if (this.#ended) {
          if (this.#error) throw this.#error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
          this.#wake = undefined;
        }
      }
    } finally {
      if (!this.#ended) this.#abandoned();
    }
  }
}

const highMark = 1024 * 1024;
