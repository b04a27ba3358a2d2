import { AnswerError } from "./answer-error.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { packBody, unpackBody, type Frame } from "./frames.ts";
import { startBytes, version, type Range, type Request } from "./messages.ts";
import { readRange, writeRange } from "./ranges-body.ts";
import { asciiJson } from "../far-end-rules.ts";

/** The first frame to a far end: what to read, and how to hash it. */
export interface Hello {
  readonly key: Buffer;
  readonly times: boolean;
  /** See `farEndRules`. */
  readonly rules: Readonly<Record<string, unknown>>;
  /** Path on the node of an index to answer from, without a look at the tree. */
  readonly index?: string;
}

export function encodeHello({ key, ...rest }: Hello): Frame {
  return {
    letter: "H",
    payload: packBody(Buffer.from(asciiJson({ v: version, key: key.toString("hex"), ...rest }))),
  };
}

/** The last frame to a far end. */
export const quit: Frame = { letter: "Q", payload: Buffer.alloc(0) };

export function encodeRequest(request: Request): Frame {
  const out = new ByteWriter();
  switch (request.type) {
    case "table":
      out.u32(request.size);
      out.u128(request.groups);
      return { letter: "T", payload: out.done() };
    case "totals":
      return { letter: "W", payload: out.done() };
    case "entries":
      for (const start of request.starts) {
        out.u8(Math.floor(start / 0x1_0000_0000));
        out.u32(start % 0x1_0000_0000);
      }
      return { letter: "E", payload: packBody(out.done()) };
    case "sums":
      for (const range of request.ranges) writeRange(out, range);
      return { letter: "R", payload: packBody(out.done()) };
    case "inside":
      for (const range of request.ranges) writeRange(out, range);
      return { letter: "A", payload: packBody(out.done()) };
    case "split":
      out.u8(request.parts);
      writeRange(out, request.range);
      return { letter: "S", payload: out.done() };
    case "leave-out":
      for (const id of request.ids) out.u64(id);
      return { letter: "N", payload: packBody(out.done()) };
    case "stamps":
      for (const range of request.ranges) writeRange(out, range);
      return { letter: "M", payload: packBody(out.done()) };
    case "contents":
      writeRange(out, request.range);
      return { letter: "C", payload: out.done() };
    case "content-numbers":
      writeRange(out, request.range);
      return { letter: "D", payload: packBody(out.done()) };
    case "files":
      out.u32(request.places.length);
      for (const place of request.places) out.u32(place);
      writeRange(out, request.range);
      return { letter: "I", payload: packBody(out.done()) };
    case "listing":
      break;
  }
  return { letter: "L", payload: out.done() };
}

/** The other way round; what a far end in TypeScript would do. */
export function decodeRequest({ letter, payload }: Frame): Request {
  switch (letter) {
    case "T":
      return readTable(new ByteReader(payload));
    case "W":
      return { type: "totals" };
    case "E":
      return { type: "entries", starts: readStarts(new ByteReader(unpackBody(payload))) };
    case "R":
      return { type: "sums", ranges: readRanges(payload) };
    case "A":
      return { type: "inside", ranges: readRanges(payload) };
    case "S": {
      const read = new ByteReader(payload);
      const parts = read.u8();
      return { type: "split", parts, range: readRange(read) };
    }
    case "L":
      return { type: "listing" };
    case "N":
      return { type: "leave-out", ids: readIds(new ByteReader(unpackBody(payload))) };
    case "M":
      return { type: "stamps", ranges: readRanges(payload) };
    case "C":
      return { type: "contents", range: readRange(new ByteReader(payload)) };
    case "D":
      return { type: "content-numbers", range: readRange(new ByteReader(unpackBody(payload))) };
    case "I": {
      const read = new ByteReader(unpackBody(payload));
      const places = Array.from({ length: read.u32() }, () => read.u32());
      return { type: "files", places, range: readRange(read) };
    }
    default:
      throw new AnswerError(`a question of an unknown kind: ${letter}`);
  }
}

function readTable(read: ByteReader): Request {
  const size = read.u32();
  return { type: "table", size, groups: read.u128() };
}

function readStarts(read: ByteReader): number[] {
  const starts: number[] = [];
  while (!read.done) starts.push(read.bytes(startBytes).readUIntBE(0, startBytes));
  return starts;
}

function readIds(read: ByteReader): bigint[] {
  const ids: bigint[] = [];
  while (!read.done) ids.push(read.u64());
  return ids;
}

function readRanges(payload: Buffer): Range[] {
  const read = new ByteReader(unpackBody(payload));
  const ranges: Range[] = [];
  while (!read.done) ranges.push(readRange(read));
  return ranges;
}
