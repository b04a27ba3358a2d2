import fc from "fast-check";
import { expect, test } from "vitest";
import { makeFilter } from "../../src/tree/filter.ts";
import { findTally, noSums, type Sums } from "../../src/tree/find-tally.ts";
import { nameSieve } from "../../src/tree/name-sieve.ts";

const filter = makeFilter({ ignore: ["/cache", "a/*.tmp"] });
const rules = {
  suspects: nameSieve(filter),
  verdict: (path: string, name: string, depth: number) => filter.verdict(path, name, depth, "other"),
};

function tallied(chunks: readonly Buffer[]): { sums: Sums; isOurs: boolean; isWhole: boolean } {
  const sums = noSums();
  const tally = findTally(sums, rules);
  const isOurs = chunks.every((chunk) => tally.take(chunk));
  return { sums, isOurs, isWhole: tally.isWhole() };
}

const records = [
  "d",
  "u",
  "f3/1700000000.9999999990/photo.jpg",
  "f10/-2.5000000000/a/b c/\xff\xfe\n",
  "f9007199254740991/5/a/large",
  "f0/1800000000.0000000000/arriving.!sync",
  "f0/0.0000000000/a/.syncthing.x",
  "l5/1900000000.0000000000/arriving too.!sync",
  "f7/1900000000.0000000000/cache",
  "f1/1.0000000000/b/cache",
  "f7/1900000000.0000000000/a/x.tmp",
  "f7/1900000000.0000000000/c.bts",
  "l5/1900000000.0000000000/link",
  "p0/1900000000.0000000000/pipe",
  "s0/1900000000.0000000000/socket",
];
const answer = Buffer.from(records.map((record) => `${record}\0`).join(""), "latin1");
const sums = {
  files: 4,
  bytes: 3 + 10 + 9_007_199_254_740_991 + 1,
  folders: 1,
  symlinks: 1,
  specials: 2,
  inFlight: 2,
  unreadable: 1,
  newest: 1_700_000_000,
};

test("adds up what counts, and leaves out what does not", () => {
  expect(tallied([answer])).toEqual({ sums, isOurs: true, isWhole: true });
});

test("wherever the answer is cut into pieces, the sums are the same", () => {
  const cuts = fc.array(fc.integer({ min: 0, max: answer.length }), { maxLength: 60 });
  fc.assert(
    fc.property(cuts, (places) => {
      const ends = [...places.toSorted((left, right) => left - right), answer.length];
      const chunks = ends.map((end, index) => answer.subarray(ends[index - 1] ?? 0, end));
      expect(tallied(chunks)).toEqual({ sums, isOurs: true, isWhole: true });
    }),
  );
});

test.each([
  ["f1/-1.0000000000/x", -1],
  ["f1/-1.5000000000/x", -1],
  ["f1/-2208988801.0000000000/x", -2_208_988_801],
  ["f1/0.9999999990/x", 0],
  ["f1/253402300800.0000000000/x", 253_402_300_800],
])("the newest of %s is %d", (record, newest) => {
  expect(tallied([Buffer.from(`${record}\0`)]).sums.newest).toBe(newest);
});

test.each([
  "x",
  "",
  "dd",
  "f",
  "f1",
  "f1/",
  "f1/2",
  "f1/2.5",
  "f1 2/x",
  "f-1/2/x",
  "f1/2.x/x",
  "f1/nan/x",
  "find: something",
])("does not take %j for a record", (record) => {
  expect(tallied([Buffer.from(`d\0${record}\0`)]).isOurs).toBe(false);
});

test("a record that was cut off is not counted, and noticed", () => {
  for (let end = 1; end < 20; end += 1) {
    const {
      isOurs,
      isWhole,
      sums: found,
    } = tallied([Buffer.from("d\0f3/1700000000.5/photo.jpg").subarray(0, end)]);
    expect({ end, isOurs, isWhole, files: found.files }).toEqual({
      end,
      isOurs: true,
      isWhole: end === 2,
      files: 0,
    });
  }
});
