import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { makePi, type Pi } from "../../src/demo/pi.ts";

/** A disk as every plain Pi of the family has it. */
export const familyDisk = {
  device: "/dev/sda1",
  label: "btsync",
  uuid: "2f6c1c8e-0000-4000-8000-000000000001",
  bytes: 1_000_203_091_968,
} as const;

/** A simulated Pi in a temporary folder that goes with the test; by default with the family's disk, not mounted. */
export async function simulatedPi(options: Partial<PiOptions> = {}): Promise<Pi> {
  const folder = await mkdtemp(join(tmpdir(), "pimesh-pi-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return makePi(folder, { name: "mom", disks: [familyDisk], ...options });
}
