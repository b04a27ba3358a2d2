import { AnswerError } from "./answer-error.ts";

/** Reads a payload from its start to its end; throws AnswerError where it is cut off. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#skip(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#skip(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#skip(8));
  }

  u128(): bigint {
    return (this.u64() << 64n) | this.u64();
  }

  /** LEB128 of a number up to 2^53. */
  varint(): number {
    const value = this.#leb128();
    if (value > Number.MAX_SAFE_INTEGER) throw new AnswerError("a number is too large");
    return Number(value);
  }

  /** The number that lies so far from this one; the distance is a zigzag. */
  distance(from: number): number {
    const value = this.#leb128();
    if (typeof value === "number") return from + (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
    return Number(BigInt(from) + (value % 2n === 0n ? value / 2n : -(value + 1n) / 2n));
  }

  /** A bigint where a number would not be exact. */
  #leb128(): number | bigint {
    let value = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value;
    }
    let large = BigInt(value);
    for (let shift = 49n; ; shift += 7n) {
      const byte = this.u8();
      large += BigInt(byte & 0x7f) << shift;
      if (byte < 128) return large;
      if (shift > 63n) throw new AnswerError("a number is too large");
    }
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  #skip(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new AnswerError("an answer was cut off");
    this.#at += length;
    return start;
  }
}
