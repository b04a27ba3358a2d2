import { spawnSync } from "node:child_process";

/**
 * Are these programs on this machine? For `describe.runIf`: without the real servers their tests are skipped with a
 * message. In CI a missing program throws instead, for a run without them proves little.
 */
export function requires(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length === 0) return true;
  const message = `not found: ${missing.join(", ")} (Debian packages openssh-server, dropbear-bin, busybox, dash, git, syncthing)`;
  if (process.env["CI"]) throw new Error(message);
  process.stderr.write(`tests are skipped, ${message}\n`);
  return false;
}

/** PATH with the folders of the superuser, where servers lie. */
export const searchPath = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`;

function isThere(program: string): boolean {
  const env = { PATH: searchPath };
  return spawnSync("/bin/sh", ["-c", 'command -v "$0" >/dev/null', program], { env }).status === 0;
}
