import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryShort } from "../../src/engine/memory-model.ts";
import { sizeSwap, type SwapSizeQuestion } from "../../src/provision/swap-size.ts";
import { mom } from "../facts/mom.ts";

const mebi = 1024 ** 2;
const gibi = 1024 ** 3;
const auto = { ...mom, swap: { bytes: "auto", policy: "isolated", require: "auto" } } as const;
/** A Pi 1 with the family's tree. */
const small: SwapSizeQuestion = { files: 297_481, memoryTotal: 430 * mebi, made: 0 };

function bytesOf(question: Partial<SwapSizeQuestion>, node: Parameters<typeof sizeSwap>[0] = auto): number {
  const { swap } = sizeSwap(node, { ...small, ...question }).node;
  return swap === false ? 0 : swap.bytes;
}

describe("swap: auto", () => {
  test.each([
    ["what the engine may lack and a quarter more, in whole 256 MiB", {}, 1024 * mebi],
    ["at least 512 MiB", { files: 70_000 }, 512 * mebi],
    ["at most 8 GiB", { files: 5_000_000 }, 8 * gibi],
    ["none where the engine fits into memory", { memoryTotal: 8 * gibi }, 0],
    ["none before the first count", { files: undefined }, 0],
    ["what is there already, as long as nobody has counted", { files: undefined, made: 2 * gibi }, 2 * gibi],
    ["what is there, though none is needed any more", { memoryTotal: 8 * gibi, made: gibi }, gibi],
    ["what is there, though less would do", { made: 4 * gibi }, 4 * gibi],
    [
      "what is there, while a tree that has grown a little fits into it",
      { files: 310_000, made: gibi },
      gibi,
    ],
    ["more, when it does not fit any more", { files: 400_000, made: gibi }, 1536 * mebi],
    ["the most there is, though even that is too little", { files: 5_000_000, made: 8 * gibi }, 8 * gibi],
  ])("is %s", (_, question, bytes) => {
    expect(bytesOf(question)).toBe(bytes);
  });

  test("without an engine is none", () => {
    expect(bytesOf({}, { ...auto, engine: false })).toBe(0);
  });

  test("is the smallest file where the inventory makes it a gate and the engine fits", () => {
    expect(bytesOf({ memoryTotal: 8 * gibi }, { ...auto, swap: { ...auto.swap, require: true } })).toBe(
      512 * mebi,
    );
  });

  test("says why, and how to learn what is not known", () => {
    expect(sizeSwap(auto, small).why).toMatch(
      /^syncthing may lack 7\d\d MiB \(297,481 files and 430 MiB of memory\)$/,
    );
    expect(sizeSwap(auto, { ...small, memoryTotal: 8 * gibi, made: gibi }).why).toContain(
      "none is needed: syncthing fits into memory (297,481 files and 8.0 GiB of memory); the 1.0 GiB that it has stay",
    );
    expect(sizeSwap(auto, { ...small, files: undefined })).toMatchObject({
      why: "nobody has counted the tree yet",
      hint: "count it, then provision again: pimesh status mom",
    });
  });

  test("leads to the same size the second time, and is never less than what is lacked or the most", () => {
    fc.assert(
      fc.property(
        fc.nat(6_000_000),
        fc.integer({ min: 200, max: 16_000 }),
        fc.nat(20),
        (files, memory, quarters) => {
          const question = { files, memoryTotal: memory * mebi, made: quarters * 256 * mebi };
          const first = bytesOf(question);
          expect(bytesOf({ ...question, made: first })).toBe(first);
          const short = memoryShort("syncthing", files, question.memoryTotal);
          expect(first).toBeGreaterThanOrEqual(Math.min(short, 8 * gibi));
        },
      ),
    );
  });
});

test("a size in the inventory is that size, and false is none", () => {
  expect(sizeSwap(mom, small)).toEqual({ node: mom, why: undefined });
  expect(bytesOf({ made: gibi }, { ...mom, swap: false })).toBe(0);
});
