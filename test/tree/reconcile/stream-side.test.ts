import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame, type Frame } from "../../../src/tree/reconcile/frames.ts";
import { localSide } from "../../../src/tree/reconcile/local-side.ts";
import { reconcile } from "../../../src/tree/reconcile/run.ts";
import { streamSide, type StreamSide, type Wire } from "../../../src/tree/reconcile/stream-side.ts";
import { scanOf } from "../../../src/tree/scan.ts";
import { twoTrees } from "../../support/random-entries.ts";
import { standInFarEnd } from "../../support/stand-in-far-end.ts";

const hashing = { key: Buffer.from("0123456789abcdef"), times: true };

function far(node: string, wire: Wire, onProgress?: (entries: number) => void): StreamSide {
  return streamSide({ node, wire, hello: { ...hashing, rules: {} }, ...(onProgress ? { onProgress } : {}) });
}

/** A far end that says these bytes and ends, whatever it is asked. */
function saying(...frames: readonly (Frame | Buffer)[]): Wire {
  const input = new PassThrough();
  for (const frame of frames) input.write(Buffer.isBuffer(frame) ? frame : encodeFrame(frame));
  input.end();
  return { input, output: new PassThrough() };
}

const frame = (letter: string, text: string): Frame => ({ letter, payload: Buffer.from(text) });

test("trees at the far ends of streams are compared as in this process", async () => {
  const force = fc.constantFrom(undefined, "sketch" as const, "ranges" as const, "listing" as const);
  await fc.assert(
    fc.asyncProperty(twoTrees, force, async ({ left, right }, way) => {
      const options = { hashing, ...(way ? { force: way } : {}) };
      const local = (entries: typeof left) => localSide("laptop", scanOf(entries), hashing);
      const expected = await reconcile(local(left), local(right), options);
      const mom = far("mom", standInFarEnd(right));
      const one = await reconcile(local(left), mom, options);
      const both = await reconcile(
        far("home", standInFarEnd(left)),
        far("mom", standInFarEnd(right)),
        options,
      );
      for (const result of [one, both]) {
        expect(result.leftOnly).toEqual(expected.leftOnly);
        expect(result.rightOnly).toEqual(expected.rightOnly);
      }
      expect(mom.traffic.sent).toBeGreaterThan(0);
      expect(mom.traffic.received).toBeGreaterThan(0);
    }),
    { numRuns: 15 },
  );
});

test("progress is told while the far end reads its tree", async () => {
  const seen: number[] = [];
  const wire = saying(
    { letter: "P", payload: Buffer.of(0, 0, 1, 0) },
    { letter: "P", payload: Buffer.of(0, 1, 0, 0) },
  );
  await expect(far("mom", wire, (entries) => seen.push(entries)).next()).rejects.toThrow("cut off");
  expect(seen).toEqual([256, 65_536]);
});

describe("a far end that does not answer is an error with its node", () => {
  test.each<[string, Wire, string, string]>([
    ["that fails", saying(frame("X", "OSError: disk on fire")), "E-SCAN-FAILED", "OSError: disk on fire"],
    ["of another version", saying(frame("V", "2")), "E-FAR-END-VERSION", "version 2"],
    ["with a summary of another version", saying(frame("U", '\0{"v":2}')), "E-FAR-END-VERSION", "version 2"],
    ["that says nothing", saying(), "E-SCAN-FAILED", "cut off"],
    ["that is cut off in a frame", saying(Buffer.of(0, 0, 0, 9, 85)), "E-SCAN-FAILED", "cut off"],
    ["that is no far end", saying(Buffer.from("sh: python3: not found\n")), "E-SCAN-FAILED", "a frame of"],
    ["whose summary cannot be read", saying(frame("U", "\0{}")), "E-SCAN-FAILED", "summary"],
    ["whose progress cannot be read", saying(frame("P", "1")), "E-SCAN-FAILED", "progress"],
  ])("%s", async (_, wire, code, words) => {
    await expect(far("mom", wire).next()).rejects.toMatchObject({
      code,
      node: "mom",
      message: expect.stringContaining(words),
      hint: expect.any(String),
    });
  });

  test("and with its last words, where it is cut off", async () => {
    const wire = { ...saying(), lastWords: async () => "Traceback\nMemoryError\n" };
    await expect(far("mom", wire).next()).rejects.toThrow(/cut off: MemoryError$/);
  });

  test("while the stream's own errors pass", async () => {
    const input = new PassThrough();
    const wire = { input, output: new PassThrough() };
    const answer = far("mom", wire).next();
    input.destroy(new Error("the line is down"));
    await expect(answer).rejects.toThrow("the line is down");
  });
});

test("a side that is closed says so and ends its output", async () => {
  const output = new PassThrough();
  const input = new PassThrough();
  const side = far("mom", { input, output });
  await side.close();
  const said = Buffer.concat((await output.toArray()) as Buffer[]);
  expect(said.toString("latin1", 4, 5)).toBe("H");
  expect(said.subarray(-5)).toEqual(Buffer.of(0, 0, 0, 1, 0x51));
});
