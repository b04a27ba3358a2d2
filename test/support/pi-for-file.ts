import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { makePi, type Pi } from "../../src/demo/pi.ts";
import { familyDisk } from "./simulated-pi.ts";

/** One simulated Pi for all tests of a file or a describe; the function answers it inside a test. */
export function piForAll(options: Partial<PiOptions> = {}): () => Pi {
  let folder = "";
  let pi: Pi | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pimesh-pi-"));
    pi = await makePi(folder, { name: "mom", disks: [familyDisk], ...options });
  }, 30_000);
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return () => {
    if (pi === undefined) throw new Error("asked for outside of a test");
    return pi;
  };
}
