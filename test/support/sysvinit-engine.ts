import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { searchPath } from "./requires.ts";

/**
 * A stand-in for Syncthing on a node without systemd whose `/` is a folder: an init script as people write them, and a real
 * process of that name, which sleeps for some minutes and touches nothing. The node's /proc shows it while it lives.
 * `headerless`: without the lines that insserv and update-rc.d want.
 */
export function sysvinitEngine(
  how: { readonly headerless?: boolean } = {},
): Record<string, { content: string | Uint8Array; mode: number }> {
  return {
    // A script's process would be called as its shell
    "usr/bin/syncthing": { content: sleepProgram(), mode: 0o755 },
    "etc/init.d/syncthing": {
      content: `#!/bin/sh\n${how.headerless === true ? "" : header}${body}`,
      mode: 0o755,
    },
  };
}

/** What its init script was told so far. */
export function engineCalls(root: string): string[] {
  return lines(root, "run/engine-calls");
}

/** Those of its processes that live. */
export function enginePids(root: string): number[] {
  return lines(root, "run/engine-pids")
    .map(Number)
    .filter(
      (pid) =>
        existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8")),
    );
}

/** For the end of a test. */
export function endEngine(root: string): void {
  for (const pid of enginePids(root)) process.kill(pid, "SIGKILL");
}

function lines(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return [];
  return readFileSync(join(root, path), "utf8").trimEnd().split("\n");
}

function sleepProgram(): Uint8Array {
  const env = { PATH: searchPath };
  return readFileSync(execFileSync("/bin/sh", ["-c", "command -v sleep"], { encoding: "utf8", env }).trim());
}

const header = `### BEGIN INIT INFO
# Provides:          syncthing
# Required-Start:    $local_fs $remote_fs $network
# Required-Stop:     $local_fs $remote_fs $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: a stand-in for the sync engine
### END INIT INFO
`;

const body = `root=$PIMESH_ROOT
mkdir -p "$root/run"
echo "$1" >>"$root/run/engine-calls"
case $1 in
start)
  "$root/usr/bin/syncthing" 300 &
  echo $! >>"$root/run/engine-pids"
  ln -sfn "/proc/$!" "$root/proc/$!"
  echo "starting"
  ;;
stop)
  while read -r pid; do kill "$pid" 2>/dev/null; done <"$root/run/engine-pids"
  exit 0
  ;;
esac
`;
