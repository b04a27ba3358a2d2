import { quote, sh, shellFile } from "../core/shell.ts";
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
const names = shellFile(engineNames.map(quote).join(" | "));
const pid = shellFile('"${p##*/}"');

/** Every engine and player that runs, whichever the inventory names. Syncthing is two processes. */
export const processes: Fact<readonly Process[]> = {
  name: "processes",
  // Where /proc hides other users' processes (hidepid), "none runs" would be a guess
  command: sh`[ -r "$root"/proc/1/comm ] || { echo "other users' processes are hidden" >&2; return 1; }
for p in "$root"/proc/[0-9]*; do
  c='' s='' kib=''
  { IFS= read -r c <"$p"/comm; } 2>/dev/null
  case $c in *' '*) continue ;; ${names} | xbmc* | kodi*) ;; *) continue ;; esac
  while read -r key value rest; do
    case $key in State:) s=$value ;; VmRSS:) kib=$value; break ;; esac
  done 2>/dev/null <"$p"/status
  if [ -n "$s" ]; then echo ${pid} "$c" "$s" "$kib"; fi
done`,
  quick: "itself",
  parse: (stdout) =>
    stdout
      .trimEnd()
      .split("\n")
      .map(parseProcess)
      .filter(({ runs, comm }) => runs !== "player" || playerProcess.test(comm)),
  whenEmpty: [],
};

/** `412 syncthing S 104448`; a zombie has no memory. */
function parseProcess(line: string): Process {
  const [id, comm, state, kib] = line.trimEnd().split(" ");
  if (comm === undefined || state === undefined || state.length !== 1) {
    throw new UnexpectedAnswer("a process", line);
  }
  const engine = Object.values(engines).find(({ processNames }) => processNames.includes(comm));
  return {
    pid: wholeNumber("a process id", id),
    comm,
    rss: wholeNumber("a size", kib ?? "0") * 1024,
    state,
    runs: engine?.kind ?? "player",
  };
}
