/** The last part of a stream that may be endless: for messages and stderr, never for data. */
export class Tail {
  readonly #most: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > 2 * this.#most) {
      const kept = this.bytes();
      this.#chunks = [kept];
      this.#bytes = kept.length;
    }
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.length > this.#most ? all.subarray(all.length - this.#most) : all;
  }

  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }
}
