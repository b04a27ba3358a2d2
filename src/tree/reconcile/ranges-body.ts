import { AnswerError } from "./answer-error.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { Range, RangeSum } from "./messages.ts";

const noBound = 0xffff;
/** A longer bound has no place on the wire. */
export const longestBound = noBound - 1;

export function writeRange(out: ByteWriter, { low, high }: Range): void {
  writeBound(out, low);
  if (high === undefined) out.u16(noBound);
  else writeBound(out, high);
}

export function readRange(read: ByteReader): Range {
  const low = readBound(read);
  const length = read.u16();
  return { low, high: length === noBound ? undefined : read.bytes(length) };
}

export function writeBound(out: ByteWriter, bound: Buffer): void {
  out.u16(bound.length);
  out.bytes(bound);
}

export function readBound(read: ByteReader): Buffer {
  const length = read.u16();
  if (length === noBound) throw new AnswerError("a bound is missing");
  return read.bytes(length);
}

export function writeSum(out: ByteWriter, { count, id }: RangeSum): void {
  out.u32(count);
  out.u64(id);
}

export function readSum(read: ByteReader): RangeSum {
  return { count: read.u32(), id: read.u64() };
}
