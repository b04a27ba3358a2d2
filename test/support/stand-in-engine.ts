import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { searchPath } from "./requires.ts";

/**
 * The program of a user's who has none: `stand-in-engine.py`, as a script that the kernel starts under its own name, so that
 * its process is called btsync or rslsync.
 */
export function standInEngine(): Buffer {
  // Asked of itself: a version manager's shim would start it under another name
  const python = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], {
    encoding: "utf8",
    env: { PATH: searchPath },
  }).trim();
  const program = readFileSync(fileURLToPath(new URL("stand-in-engine.py", import.meta.url)));
  return Buffer.concat([Buffer.from(`#!${python}\n`), program]);
}

/** Of the process that a pid file names; undefined where none lives. */
export function livingPid(pidFile: string): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, "utf8"));
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s*Z/m.test(readFileSync(status, "utf8")) ? pid : undefined;
}
