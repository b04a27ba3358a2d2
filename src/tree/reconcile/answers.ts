import { AnswerError } from "./answer-error.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { readContents, readNumbers, writeContents, writeNumbers } from "./contents-body.ts";
import { decodeEntries, encodeEntries } from "./entries-body.ts";
import { packBody, unpackBody, type Frame } from "./frames.ts";
import type { Answer, RangeSum, Totals } from "./messages.ts";
import { readBound, readSum, writeBound, writeSum } from "./ranges-body.ts";
import { decodeSummary, encodeSummary } from "./summary-body.ts";
import { decodeTable, encodeTable } from "./table-body.ts";

/** An answer as it travels; what a far end in TypeScript would send. */
export function encodeAnswer(answer: Answer): Frame {
  switch (answer.type) {
    case "summary":
      return { letter: "U", payload: packBody(encodeSummary(answer.summary)) };
    case "table":
      return {
        letter: "T",
        payload: written((out) => {
          writeTotals(out, answer.totals);
          out.bytes(encodeTable(answer.table));
        }),
      };
    case "totals":
      return { letter: "W", payload: written((out) => writeTotals(out, answer.totals)) };
    case "entries":
      return { letter: "E", payload: packBody(encodeEntries(answer.entries)) };
    case "sums":
      return { letter: "R", payload: packBody(encodeSums(answer.sums)) };
    case "inside":
      return { letter: "A", payload: packBody(encodeEntries(answer.entries)) };
    case "split":
      return { letter: "S", payload: encodeSplit(answer.bounds, answer.sums) };
    case "listing":
      return { letter: "L", payload: packBody(encodeEntries(answer.entries)) };
    case "leave-out":
      return { letter: "N", payload: packBody(Buffer.alloc(0)) };
    case "stamps":
      return { letter: "M", payload: packBody(encodeSums(answer.sums)) };
    case "contents":
      return { letter: "C", payload: written((out) => writeContents(out, answer)) };
    case "content-numbers":
      return { letter: "D", payload: packBody(written((out) => writeNumbers(out, answer))) };
    case "files":
      return { letter: "I", payload: packBody(encodeEntries(answer.entries)) };
    case "listing-end":
      break;
  }
  return { letter: "L", payload: Buffer.alloc(0) };
}

/** Throws AnswerError for what is no answer of ours. */
export function decodeAnswer({ letter, payload }: Frame): Answer {
  switch (letter) {
    case "U":
      return { type: "summary", summary: decodeSummary(unpackBody(payload)) };
    case "T":
      return {
        type: "table",
        totals: readTotals(new ByteReader(payload)),
        table: decodeTable(payload.subarray(totalsBytes)),
      };
    case "W":
      return { type: "totals", totals: readTotals(new ByteReader(payload)) };
    case "E":
      return { type: "entries", entries: decodeEntries(unpackBody(payload)) };
    case "R":
      return { type: "sums", sums: decodeSums(unpackBody(payload)) };
    case "A":
      return { type: "inside", entries: decodeEntries(unpackBody(payload)) };
    case "S":
      return decodeSplit(payload);
    case "L":
      if (payload.length === 0) return { type: "listing-end" };
      return { type: "listing", entries: decodeEntries(unpackBody(payload)) };
    case "N":
      return { type: "leave-out" };
    case "M":
      return { type: "stamps", sums: decodeSums(unpackBody(payload)) };
    case "C":
      return readContents(new ByteReader(payload));
    case "D":
      return readNumbers(new ByteReader(unpackBody(payload)));
    case "I":
      return { type: "files", entries: decodeEntries(unpackBody(payload)) };
    default:
      throw new AnswerError(`an answer of an unknown kind: ${letter}`);
  }
}

function written(write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter();
  write(out);
  return out.done();
}

function writeTotals(out: ByteWriter, { entries, folders }: Totals): void {
  out.u32(entries.count);
  out.u64(entries.id);
  out.u64(entries.second);
  out.u128(folders);
}

const totalsBytes = 36;

function readTotals(read: ByteReader): Totals {
  const entries = { count: read.u32(), id: read.u64(), second: read.u64() };
  return { entries, folders: read.u128() };
}

function encodeSums(sums: readonly RangeSum[]): Buffer {
  const out = new ByteWriter();
  for (const sum of sums) writeSum(out, sum);
  return out.done();
}

function decodeSums(body: Buffer): RangeSum[] {
  const read = new ByteReader(body);
  const sums: RangeSum[] = [];
  while (!read.done) sums.push(readSum(read));
  return sums;
}

function encodeSplit(bounds: readonly Buffer[], sums: readonly RangeSum[]): Buffer {
  const out = new ByteWriter();
  out.u16(sums.length);
  for (const bound of bounds) writeBound(out, bound);
  for (const sum of sums) writeSum(out, sum);
  return out.done();
}

function decodeSplit(payload: Buffer): Answer {
  const read = new ByteReader(payload);
  const parts = read.u16();
  const bounds = Array.from({ length: Math.max(0, parts - 1) }, () => readBound(read));
  const sums = Array.from({ length: parts }, () => readSum(read));
  return { type: "split", bounds, sums };
}
