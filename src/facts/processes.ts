import { sh } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import { playerProcess } from "../engine/players.ts";
import type { EngineKind } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { wholeNumber } from "./number.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

export interface Process {
  readonly pid: number;
  /** As in /proc/PID/comm: at most 15 bytes. */
  readonly comm: string;
  /** Bytes that are in memory. */
  readonly rss: number;
  /** R, S, D (waits for a disk), Z, T … as in /proc/PID/status. */
  readonly state: string;
  readonly runs: EngineKind | "player";
}

const engineNames = Object.values(engines).flatMap((engine) => engine.processNames);
const pattern = `^(${engineNames.map((name) => name.replaceAll(".", "[.]")).join("|")})$|${playerProcess.source}`;

/** Every engine and player that runs, whichever the inventory names. Syncthing is two processes. */
export const processes: Fact<readonly Process[]> = {
  name: "processes",
  // Where /proc hides other users' processes (hidepid), "none runs" would be a guess
  command: sh`[ -r "$root"/proc/1/comm ] || { echo "other users' processes are hidden" >&2; exit 1; }
grep -sHE ${pattern} "$root"/proc/[0-9]*/comm | sed -n 's|^.*/\([0-9]*\)/comm:\(.*\)$|\1 \2|p' |
  while read -r p c; do
    s=$(sed -n -e '/^State:/{s/^State:[[:space:]]*\(.\).*/\1/;h;}' -e '/^VmRSS:/{s/[^0-9]//g;H;}' \
      -e '$!d' -e 'x;s/\n/ /g;p' "$root/proc/$p/status" 2>/dev/null) && [ -n "$s" ] && printf '%s %s %s\n' "$p" "$c" "$s"
  done
:`,
  parse: (stdout) => stdout.trimEnd().split("\n").map(parseProcess),
  whenEmpty: [],
};

/** `412 syncthing S 104448`; a zombie has no memory. */
function parseProcess(line: string): Process {
  const [pid, comm, state, kib = "0"] = line.split(" ");
  if (comm === undefined || state === undefined || state.length !== 1) {
    throw new UnexpectedAnswer("a process", line);
  }
  const engine = Object.values(engines).find(({ processNames }) => processNames.includes(comm));
  return {
    pid: wholeNumber("a process id", pid),
    comm,
    rss: wholeNumber("a size", kib) * 1024,
    state,
    runs: engine?.kind ?? "player",
  };
}
