import { writeInt64 } from "./int64.ts";

/** Builds a payload. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  u8(value: number): void {
    this.#make(1);
    this.#length = this.#bytes.writeUInt8(value, this.#length);
  }

  u16(value: number): void {
    this.#make(2);
    this.#length = this.#bytes.writeUInt16BE(value, this.#length);
  }

  u32(value: number): void {
    this.#make(4);
    this.#length = this.#bytes.writeUInt32BE(value, this.#length);
  }

  u64(value: bigint): void {
    this.#make(8);
    this.#length = this.#bytes.writeBigUInt64BE(value, this.#length);
  }

  u128(value: bigint): void {
    this.u64(value >> 64n);
    this.u64(BigInt.asUintN(64, value));
  }

  i64(value: number): void {
    this.#make(8);
    this.#length = writeInt64(this.#bytes, this.#length, value);
  }

  /** LEB128. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.u8((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.u8(rest);
  }

  /** How far it is from one number to another, in zigzag: small distances of either sign are short. */
  distance(from: number, to: number): void {
    const value = to - from;
    if (Math.abs(value) < 2 ** 52) {
      this.varint(value < 0 ? -2 * value - 1 : 2 * value);
      return;
    }
    // Twice a distance of two safe numbers need not be one.
    const exact = BigInt(to) - BigInt(from);
    let rest = exact < 0n ? -2n * exact - 1n : 2n * exact;
    for (; rest >= 128n; rest >>= 7n) this.u8(Number(rest & 127n) + 128);
    this.u8(Number(rest));
  }

  bytes(value: Uint8Array): void {
    this.#make(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** What was written so far; valid until more is written. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Room for so many bytes more. */
  #make(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe((this.#length + more) * 2);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
