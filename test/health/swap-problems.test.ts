import { describe, expect, test } from "vitest";
import { swapProblems } from "../../src/health/machine-problems.ts";
import type { Measurement } from "../../src/history/measurement.ts";
import type { Swap } from "../../src/inventory/inventory.ts";
import { GiB, healthy } from "../report/measurements.ts";
import { subjectOf } from "./subject.ts";

type MeasuredSwap = NonNullable<Measurement["swap"]>;

const off: MeasuredSwap = { bytes: 0, used: 0, areas: [], isolation: false };

function told(
  swap: MeasuredSwap,
  wanted: Swap = { bytes: GiB, policy: "isolated", require: "auto" },
  memory = 0.4 * GiB,
): readonly string[] {
  const measurement = healthy({ swap, memory: { bytes: memory, available: memory / 2 } });
  const subject = subjectOf(measurement, {
    wanted: { swap: wanted, engine: "syncthing" },
    ssh: (command) => `ssh mom ${command}`,
  });
  return swapProblems(subject).map((problem) => `${problem.code}: ${problem.message} → ${problem.try}`);
}

describe("swap that is off for want of the memory controller", () => {
  test.each([
    ["can be switched on", "change", "pimesh can switch it on", "pimesh provision mom --accept-boot-change"],
    ["waits for a reboot", "waits", "it waits for a reboot", "ssh mom sudo reboot"],
    [
      "is not known to the kernel",
      "ignored",
      "was asked for the memory controller and has none",
      "ssh mom uname -r",
    ],
    ["needs a hand", "by-hand", "pimesh cannot switch it on there", "pimesh provision mom --dry-run"],
    [
      "needs a boot partition",
      "blocked",
      "pimesh cannot switch it on there",
      "pimesh provision mom --dry-run",
    ],
    ["of an older record", undefined, "pimesh can switch it on", "pimesh provision mom --accept-boot-change"],
  ] as const)("which %s", (_, boot, words, command) => {
    const [first, ...more] = told({ ...off, ...(boot === undefined ? {} : { boot }) });
    expect(first).toContain("W-SWAP-OFF: swap off: ");
    expect(first).toContain(words);
    expect(first?.endsWith(`→ ${command}`)).toBe(true);
    expect(more).toEqual([]);
  });
});

test("swap that is a gate and lacks the memory controller says that the engine waits", () => {
  const gate = { bytes: GiB, policy: "isolated", require: true } as const;
  expect(told(off, gate)[0]).toContain("the engine waits, as swap: { require: true } says");
  expect(told({ ...off, boot: "waits" }, gate)[0]).toContain("waits for a reboot; so does the engine");
  expect(told(off)[0]).toContain("the engine has to live without");
});

test("shared swap of its own size is missed only where the engine needs it", () => {
  const shared = { bytes: "auto", policy: "shared", require: "auto" } as const;
  expect(told(off, shared, 8 * GiB)).toEqual([]);
  expect(told(off, shared)).toHaveLength(1);
  expect(told(off, { ...shared, require: true }, 8 * GiB)).toHaveLength(1);
});

test("swap that its own script keeps off is told in the script's words", () => {
  const held =
    "the mode of /media/btsync/swapfile is -rw-r--r--, not -rw-------: others could read memory from it";
  expect(told({ ...off, isolation: true, held })).toEqual([
    `W-SWAP-OFF: swap off: ${held} → pimesh provision mom --only swap --dry-run`,
  ]);
});

test("swap that is on against its own script's will is told", () => {
  const held = "it is on although it should not be: not isolated: process 812 (sshd) has 852 KiB in swap";
  expect(told({ ...off, isolation: true, held, areas: areas(0) })).toEqual([
    `W-SWAP-EXPOSED: swap: ${held}; a pulled disk could crash the whole machine → pimesh provision mom --only swap --dry-run`,
  ]);
});

test("swap that the inventory requires is missed although the engine would fit into memory", () => {
  const wanted = { bytes: GiB, policy: "isolated", require: true } as const;
  expect(told({ ...off, isolation: true }, wanted, 8 * GiB)).toHaveLength(1);
  expect(told({ ...off, isolation: true }, { ...wanted, require: "auto" }, 8 * GiB)).toEqual([]);
});

function areas(dead: number): MeasuredSwap["areas"] {
  return [
    { path: "/media/btsync/swapfile", on: "disk", bytes: GiB, used: 0 },
    ...Array.from({ length: dead }, () => ({ path: "/swapfile", on: "gone" as const, bytes: GiB, used: 0 })),
  ];
}

describe("dead swap areas of pulled disks", () => {
  test.each([
    [1, "a dead swap area of a pulled disk stays until it is rebooted → ssh mom sudo reboot"],
    [16, "16 dead swap areas of a pulled disk stay until it is rebooted → ssh mom sudo reboot"],
    [
      20,
      "20 dead swap areas of a pulled disk stay until it is rebooted; soon its kernel takes no more swap: 21 areas of at least 23 are used up → ssh mom sudo reboot",
    ],
  ])("%d are told, and soon before the kernel takes no more", (dead, words) => {
    expect(told({ ...off, isolation: true, areas: areas(dead) })).toEqual([`W-SWAP-LOST: ${words}`]);
  });
});
