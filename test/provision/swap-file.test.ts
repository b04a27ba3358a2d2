import { expect, test } from "vitest";
import { swapRoom } from "../../src/provision/swap-file.ts";
import type { SizedNode } from "../../src/provision/swap-size.ts";
import type { Inspection, SwapFileFound } from "../../src/provision/inspection.ts";
import { mom } from "../facts/mom.ts";

const GiB = 1024 ** 3;
const node: SizedNode = { ...mom, swap: { bytes: 4 * GiB, policy: "isolated", require: "auto" } };
const sound: SwapFileFound = {
  bytes: 4 * GiB,
  allocated: 4 * GiB,
  mode: "600",
  owner: "0:0",
  pageSize: 4096,
};

test.each<[string, SwapFileFound | undefined, number]>([
  ["there is none yet: all of it", undefined, 4 * GiB],
  ["it is as it should be: nothing", sound, 0],
  ["others may read it: nothing, the old one goes first", { ...sound, mode: "644" }, 0],
  ["it has a hole: as much as that", { ...sound, allocated: 3 * GiB }, GiB],
  ["it is to grow: the difference", { ...sound, bytes: GiB, allocated: GiB }, 3 * GiB],
  ["it is to shrink: nothing", { ...sound, bytes: 8 * GiB, allocated: 8 * GiB }, 0],
])("room for a swap file when %s", (_, swapFile, bytes) => {
  expect(swapRoom(node, { swapFile } as Inspection)).toBe(bytes);
});
