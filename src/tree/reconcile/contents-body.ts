import { AnswerError } from "./answer-error.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { ContentAnswer } from "./messages.ts";
import { readSum, writeSum } from "./ranges-body.ts";

type Contents = Extract<ContentAnswer, { type: "contents" }>;
type Numbers = Extract<ContentAnswer, { type: "content-numbers" }>;

/** How many files a range has, the sum of their contents, how many of them could not be read, and their bytes. */
export function writeContents(out: ByteWriter, { sum, failed, bytes }: Contents): void {
  writeSum(out, sum);
  out.u32(failed);
  out.u64(BigInt(bytes));
}

export function readContents(read: ByteReader): Contents {
  return { type: "contents", sum: readSum(read), failed: read.u32(), bytes: Number(read.u64()) };
}

/** How many, each of them, and for those that could not be read their place and why, behind its length. */
export function writeNumbers(out: ByteWriter, { numbers, failed }: Numbers): void {
  out.u32(numbers.length);
  for (const number of numbers) out.u64(number);
  for (const [place, reason] of failed) {
    out.u32(place);
    out.u8(reason.length);
    out.bytes(Buffer.from(reason, "latin1"));
  }
}

/** Throws AnswerError where a file is told of that is none of these. */
export function readNumbers(read: ByteReader): Numbers {
  const length = read.u32();
  const numbers: bigint[] = [];
  while (numbers.length < length) numbers.push(read.u64());
  const failed = new Map<number, string>();
  while (!read.done) {
    const place = read.u32();
    if (place >= length) throw new AnswerError("a file failed that was not asked for");
    failed.set(place, read.bytes(read.u8()).toString("latin1"));
  }
  return { type: "content-numbers", numbers, failed };
}
