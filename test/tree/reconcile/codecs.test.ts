import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnswerError } from "../../../src/tree/reconcile/answer-error.ts";
import { decodeAnswer, encodeAnswer } from "../../../src/tree/reconcile/answers.ts";
import { decodeEntries, encodeEntries } from "../../../src/tree/reconcile/entries-body.ts";
import type { Answer, Range, Request } from "../../../src/tree/reconcile/messages.ts";
import { packBody, unpackBody, type Frame } from "../../../src/tree/reconcile/frames.ts";
import { decodeRequest, encodeHello, encodeRequest } from "../../../src/tree/reconcile/requests.ts";
import { OtherVersion } from "../../../src/tree/reconcile/summary-body.ts";
import { buildTable } from "../../../src/tree/reconcile/table.ts";
import { entry, tree } from "../../support/random-entries.ts";

const bytes = fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some));
const count = fc.integer({ min: 0, max: 0xffff_ffff });
const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const large = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const range: fc.Arbitrary<Range> = fc.record({ low: bytes, high: fc.option(bytes, { nil: undefined }) });
const sums = fc.array(fc.record({ count, id }));
const whole = fc.nat();

const request: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ type: fc.constant("table" as const), size: count, groups: large }),
  fc.record({
    type: fc.constant("entries" as const),
    starts: fc.array(fc.integer({ min: 0, max: 2 ** 40 - 1 })),
  }),
  fc.constant({ type: "totals" as const }),
  fc.record({
    type: fc.constantFrom("sums" as const, "inside" as const, "stamps" as const),
    ranges: fc.array(range),
  }),
  fc.record({ type: fc.constant("leave-out" as const), ids: fc.array(id) }),
  fc.record({ type: fc.constantFrom("contents" as const, "content-numbers" as const), range }),
  fc.record({ type: fc.constant("files" as const), range, places: fc.array(count) }),
  fc.record({ type: fc.constant("split" as const), range, parts: fc.integer({ min: 0, max: 255 }) }),
  fc.constant({ type: "listing" as const }),
);

const summary = fc.record({
  count: whole,
  folders: large,
  groups: fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 128, maxLength: 128 }),
  counts: fc.record({
    files: whole,
    bytes: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    folders: whole,
    symlinks: whole,
    specials: whole,
    inFlight: whole,
    newest: fc.option(fc.integer(), { nil: undefined }),
  }),
  places: fc.array(bytes),
  seconds: whole,
});

const totals = fc.record({ entries: fc.record({ count, id, second: id }), folders: large });

const answer: fc.Arbitrary<Answer> = fc.oneof(
  summary.map(({ places, counts, ...rest }): Answer => {
    const unreadable = places.map((path) => ({ path, kind: "unreadable" as const, reason: "EACCES" }));
    return {
      type: "summary",
      summary: { ...rest, python: "3.11.2", counts: { ...counts, unreadable: places.length }, unreadable },
    };
  }),
  fc.tuple(fc.array(count), fc.integer({ min: 1, max: 9 }), totals).map(([half, size, sum]): Answer => {
    const halves = Uint32Array.from(half);
    return { type: "table", totals: sum, table: buildTable({ high: halves, low: halves }, size) };
  }),
  fc.record({
    type: fc.constantFrom("entries" as const, "inside" as const, "listing" as const, "files" as const),
    entries: tree,
  }),
  fc.record({ type: fc.constantFrom("sums" as const, "stamps" as const), sums }),
  fc.record({
    type: fc.constant("totals" as const),
    totals,
  }),
  fc.constant({ type: "leave-out" as const }),
  fc.record({
    type: fc.constant("contents" as const),
    sum: fc.record({ count, id }),
    failed: count,
    bytes: fc.nat(Number.MAX_SAFE_INTEGER),
  }),
  fc
    .array(fc.tuple(id, fc.option(fc.constantFrom("EACCES", "CHANGED"), { nil: undefined })))
    .map((files): Answer => ({
      type: "content-numbers",
      numbers: files.map(([number]) => number),
      failed: new Map(
        files.flatMap(([, reason], place) => (reason === undefined ? [] : [[place, reason] as const])),
      ),
    })),
  fc.array(fc.tuple(bytes, fc.record({ count, id })), { minLength: 1 }).map((parts): Answer => ({
    type: "split",
    bounds: parts.slice(1).map(([bound]) => bound),
    sums: parts.map(([, sum]) => sum),
  })),
  fc.constant({ type: "listing-end" as const }),
);

test("every question comes over as it was asked", () => {
  fc.assert(
    fc.property(request, (one) => {
      expect(decodeRequest(encodeRequest(one))).toEqual(one);
    }),
  );
});

test("every answer comes over as it was given", () => {
  fc.assert(
    fc.property(answer, (one) => {
      expect(decodeAnswer(encodeAnswer(one))).toEqual(one);
    }),
  );
});

test("entries come over in whatever order", () => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      expect(decodeEntries(encodeEntries(entries))).toEqual(entries);
    }),
  );
});

test("an entry is sent as the difference to the one before", () => {
  const one = { path: Buffer.from("ab/c"), kind: "file", size: 300, mtime: 5 } as const;
  const two = {
    path: Buffer.from("ab/d"),
    kind: "symlink",
    size: 0,
    mtime: 3,
    target: Buffer.from("c"),
  } as const;
  expect(encodeEntries([one, two]).toString("hex")).toBe(
    ["66 00 04 61622f63 ac02 0a", "6c 03 01 64 03 01 63"].join("").replaceAll(" ", ""),
  );
});

test("the hello is JSON in ASCII, whatever the rules hold", () => {
  const key = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
  const { letter, payload } = encodeHello({ key, times: false, rules: { names: ["\u00ff"] } });
  expect(letter).toBe("H");
  expect(unpackBody(payload).toString("latin1")).toBe(
    String.raw`{"v":3,"key":"000102030405060708090a0b0c0d0e0f","times":false,"rules":{"names":["\u00ff"]}}`,
  );
});

describe("what cannot be an answer is refused", () => {
  test.each<[string, string, Buffer]>([
    ["of no kind of ours", "Z", Buffer.alloc(0)],
    ["a sketch that is cut off", "T", Buffer.alloc(36 + 32)],
    ["a sum that is cut off", "R", plain("0000")],
    ["totals that are cut off", "W", Buffer.alloc(30)],
    ["parts that are cut off", "S", Buffer.of(0, 9, 0)],
    ["an entry of no kind of ours", "E", plain("78 00 01 61 00")],
    ["an entry that shares more than there is", "E", plain("64 01 01 61 00")],
    ["an entry without a name", "E", plain("64 00 00 00")],
    ["an entry that is cut off", "E", plain("66 00 01 61 05")],
    ["a name that is cut off", "A", plain("64 00 ffff 61")],
    ["a size beyond all files", "L", plain("66 00 01 61 ffffffffffffff7f 00")],
    ["a time beyond all times", "L", plain("64 00 01 61 feffffffffffff1f 64 00 01 62 feffffffffffff1f")],
    ["a summary that is no JSON", "U", packBody(Buffer.from("{"))],
    ["a summary without sums", "U", packBody(Buffer.from('{"v":3,"count":3}'))],
  ])("%s", (_, letter, payload) => {
    expect(() => decodeAnswer({ letter, payload })).toThrow(AnswerError);
  });

  test("a summary of another version, as such", () => {
    const payload = packBody(Buffer.from('{"v":1,"whatever":3}'));
    expect(() => decodeAnswer({ letter: "U", payload })).toThrow(OtherVersion);
  });
});

test("damaged bytes are refused or read as something, never more than that", () => {
  const letter = fc.constantFrom("U", "T", "E", "R", "A", "S", "L");
  fc.assert(
    fc.property(letter, fc.uint8Array({ maxLength: 60 }), (kind, some) => {
      expect(complaintOf({ letter: kind, payload: Buffer.from(some) })).toSatisfy(
        (complaint) => complaint === undefined || complaint instanceof AnswerError,
      );
    }),
    { numRuns: 500 },
  );
});

function complaintOf(frame: Frame): unknown {
  try {
    decodeAnswer(frame);
    return undefined;
  } catch (error) {
    return error;
  }
}

function plain(hex: string): Buffer {
  return Buffer.from(`00${hex}`.replaceAll(" ", ""), "hex");
}
