import { describe, expect, test } from "vitest";
import { decideSwap, type SwapQuestion } from "../../src/provision/swap-policy.ts";

const gibi = 1024 ** 3;
const smallPi: SwapQuestion = {
  swap: { bytes: 4 * gibi, policy: "isolated", require: "auto" },
  engine: "btsync",
  memoryController: true,
  memoryTotal: 374 * 1024 ** 2,
  files: 157_970,
  node: "mom",
};

describe("the disk's swap", () => {
  test("goes on, isolated, where the engine cannot live without it; then the engine waits for it", () => {
    expect(decideSwap(smallPi)).toEqual({ kind: "isolated", gate: true });
  });

  test("goes on before any count, and where there is memory enough, when the inventory makes it a gate", () => {
    const swap = { bytes: gibi, policy: "isolated", require: true } as const;
    const large = { ...smallPi, swap, files: undefined, memoryTotal: 8 * gibi };
    expect(decideSwap(large)).toEqual({ kind: "isolated", gate: true });
  });

  test("is not wanted when the inventory says so", () => {
    expect(decideSwap({ ...smallPi, swap: false })).toEqual({ kind: "none" });
  });

  test.each([
    ["the memory controller is off", { memoryController: false }, "memory controller is off"],
    ["it cannot be told whether it is on", { memoryController: undefined }, "memory controller is off"],
    ["the tree was never counted", { files: undefined }, "when the tree has been counted"],
    ["the engine fits into memory", { memoryTotal: 8 * gibi }, "fits into memory"],
    ["there is no engine", { engine: false as const }, "no engine"],
    ["the node has no systemd", { canIsolate: false }, "without systemd nobody can be kept out"],
    ["it has none and no engine either", { canIsolate: false, engine: false as const }, "without systemd"],
  ])("stays off when %s", (_, change, why) => {
    const policy = decideSwap({ ...smallPi, ...change });
    expect(policy.kind).toBe("off");
    expect(policy).toHaveProperty("why", expect.stringContaining(why));
  });

  test("holds the engine back for want of the memory controller alone, and only where the inventory makes it a gate", () => {
    const off = { ...smallPi, memoryController: false };
    const gate = { bytes: gibi, policy: "isolated", require: true } as const;
    expect(decideSwap({ ...off, swap: gate })).toMatchObject({ kind: "off", gate: true });
    expect(decideSwap(off)).not.toHaveProperty("gate");
    expect(decideSwap({ ...off, swap: gate, engine: false })).not.toHaveProperty("gate");
  });

  test("for everybody is an explicit choice and asks nothing of the kernel", () => {
    expect(
      decideSwap({
        ...smallPi,
        memoryController: false,
        swap: { bytes: gibi, policy: "shared", require: "auto" },
      }),
    ).toEqual({ kind: "shared", gate: true });
  });

  test("gates the engine only where the model says so or the inventory demands it", () => {
    const shared = { bytes: gibi, policy: "shared", require: "auto" } as const;
    expect(decideSwap({ ...smallPi, memoryTotal: 8 * gibi, swap: shared })).toEqual({
      kind: "shared",
      gate: false,
    });
    expect(decideSwap({ ...smallPi, memoryTotal: 8 * gibi, swap: { ...shared, require: true } })).toEqual({
      kind: "shared",
      gate: true,
    });
    expect(decideSwap({ ...smallPi, swap: { ...shared, require: false } })).toEqual({
      kind: "shared",
      gate: false,
    });
  });
});
