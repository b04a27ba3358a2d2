import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnswerError } from "../../../src/tree/reconcile/answer-error.ts";
import {
  encodeFrame,
  frames,
  longestFrame,
  packBody,
  unpackBody,
  type Frame,
} from "../../../src/tree/reconcile/frames.ts";

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size = 7): Promise<Frame[]> {
  const found: Frame[] = [];
  for await (const frame of frames(cut(bytes, size))) found.push(frame);
  return found;
}

test("frames arrive as they were sent, however the stream is cut", async () => {
  const frame = fc.record({
    letter: fc.constantFrom("T", "L", "Q"),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame), fc.integer({ min: 1, max: 400 }), async (sent, size) => {
      expect(await read(Buffer.concat(sent.map(encodeFrame)), size)).toEqual(sent);
    }),
  );
});

describe("a stream that is no sequence of frames is refused", () => {
  const frame = encodeFrame({ letter: "T", payload: Buffer.from("abc") });
  test.each<[string, Buffer]>([
    ["cut off in a length", frame.subarray(0, 3)],
    ["cut off in a payload", Buffer.concat([frame, frame.subarray(0, 6)])],
    ["with a frame of no length", Buffer.alloc(4)],
    ["with a frame that is too long", Buffer.of(1, 0, 0, 1, 0)],
    ["that is a text", Buffer.from("bash: python3: command not found\\n")],
  ])("%s", async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow(AnswerError);
  });
});

test("a frame that the other end would refuse is not sent", () => {
  expect(() => encodeFrame({ letter: "E", payload: Buffer.alloc(longestFrame) })).toThrow(RangeError);
});

test("a body is packed where that makes it shorter", () => {
  expect(packBody(Buffer.alloc(1000)).length).toBeLessThan(50);
  expect(packBody(Buffer.alloc(64))).toEqual(Buffer.alloc(65));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      const body = Buffer.from(bytes);
      const packed = packBody(body);
      expect(packed.length).toBeLessThanOrEqual(body.length + 1);
      expect(unpackBody(packed)).toEqual(body);
    }),
  );
});

describe("a body that cannot be unpacked is refused", () => {
  const bomb = deflateSync(Buffer.alloc(2 ** 27 + 1));
  test.each<[string, Buffer]>([
    ["an empty one", Buffer.alloc(0)],
    ["one of another packing", Buffer.of(2, 1, 2)],
    ["a damaged one", Buffer.concat([Buffer.of(1), deflateSync(Buffer.alloc(99)).fill(0, 3)])],
    ["one that is cut off", Buffer.concat([Buffer.of(1), deflateSync(Buffer.alloc(99)).subarray(0, -1)])],
    ["one that would fill the memory", Buffer.concat([Buffer.of(1), bomb])],
  ])("%s", (_, payload) => {
    expect(() => unpackBody(payload)).toThrow(AnswerError);
  });
});
