import type { Memory } from "./wish.ts";

const mebi = 1024 * 1024;

/** A board of 1 GiB or less, of which the firmware and the kernel keep some: MemTotal of a Pi 3 is some 900 MiB. */
export function memoryOf(memoryTotal: number): Memory {
  return memoryTotal <= 1100 * mebi ? "small" : "ordinary";
}

/**
 * What Go's runtime is told in the engine's environment, as lines `NAME=value`. `memoryTotal`: MemTotal in bytes.
 *
 * GOMEMLIMIT makes it collect harder instead of growing (Go 1.19 and later; soft: it never refuses memory, and the collector takes
 * half of the time at most). 119,617 files were received within 200 MiB [ran]. A small board also collects more often and on one
 * core, which leaves the others to the player.
 */
export function goEnvironment(memoryTotal: number): string[] {
  const small = memoryOf(memoryTotal) === "small";
  // In steps, because MemTotal differs by some MiB from kernel to kernel and each new value restarts the engine.
  const share = (memoryTotal / mebi) * (small ? 0.5 : 0.6);
  const limit = Math.max(64, Math.floor(share / 32) * 32);
  return [`GOMEMLIMIT=${limit}MiB`, ...(small ? ["GOGC=50", "GOMAXPROCS=1"] : [])];
}
