import { deflateSync, inflateSync } from "node:zlib";
import { AnswerError } from "./answer-error.ts";

/** One message: a letter and what belongs to it, packed as it travels. */
export interface Frame {
  readonly letter: string;
  readonly payload: Buffer;
}

/** Either end refuses longer ones; letter included. */
export const longestFrame = 2 ** 24;
/** What one frame may unpack to: a few kilobytes of zlib can claim gigabytes. */
const longestBody = 2 ** 27;

/** u32be length of what follows, letter, payload. */
export function encodeFrame({ letter, payload }: Frame): Buffer {
  const length = payload.length + 1;
  if (length > longestFrame) throw new RangeError(`a frame of ${length} bytes`);
  const bytes = Buffer.allocUnsafe(4 + length);
  bytes.writeUInt32BE(length);
  bytes.write(letter, 4, "latin1");
  bytes.set(payload, 5);
  return bytes;
}

/** Frames as they become complete. Throws AnswerError for a frame that is too long, and where the last one is cut off. */
export async function* frames(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame, undefined> {
  let waiting: Buffer[] = [];
  let length = 0;
  let wanted = 4;
  for await (const chunk of stream) {
    waiting.push(chunk);
    length += chunk.length;
    // Joined only when a frame is complete: a long one in many chunks would be copied once a chunk.
    if (length < wanted) continue;
    let bytes = Buffer.concat(waiting);
    for (;;) {
      wanted = bytes.length < 4 ? 4 : 4 + checkedLength(bytes.readUInt32BE());
      if (bytes.length < wanted) break;
      yield { letter: bytes.toString("latin1", 4, 5), payload: bytes.subarray(5, wanted) };
      bytes = bytes.subarray(wanted);
    }
    waiting = [bytes];
    length = bytes.length;
  }
  if (length > 0) throw new AnswerError("the answer was cut off");
}

/** A body behind one byte that says whether it is packed by zlib. */
export function packBody(body: Buffer): Buffer {
  const packed = body.length > 64 ? deflateSync(body) : body;
  return packed.length < body.length
    ? Buffer.concat([Buffer.of(1), packed])
    : Buffer.concat([Buffer.of(0), body]);
}

/** Throws AnswerError for a damaged body. */
export function unpackBody(payload: Buffer): Buffer {
  const body = payload.subarray(1);
  if (payload[0] === 0) return body;
  if (payload[0] !== 1) throw new AnswerError("a body is packed in an unknown way");
  try {
    return inflateSync(body, { maxOutputLength: longestBody });
  } catch (error) {
    throw new AnswerError("a packed body was damaged or too long", { cause: error });
  }
}

function checkedLength(length: number): number {
  if (length === 0 || length > longestFrame) throw new AnswerError(`a frame of ${length} bytes`);
  return length;
}
