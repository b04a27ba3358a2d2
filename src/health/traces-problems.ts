import { quote } from "../core/shell.ts";
import type { TracesSeen } from "../history/traces-measurement.ts";
import { howToAsk } from "./how-to-ask.ts";
import type { Problem, Subject } from "./problem.ts";
import { diskIsAbsent, isSetUp } from "./state.ts";
import { webProblems } from "./web-problems.ts";

/**
 * What speaks against a node's btsync or Resilio, by what it leaves behind. That nothing does is no proof that it syncs: of that only
 * the counts tell.
 */
export function tracesProblems(subject: Subject): Problem[] {
  const { measurement, wanted, engineTitle, ssh } = subject;
  const { traces, engine } = measurement;
  if (traces === undefined || (wanted.engine !== "btsync" && wanted.engine !== "resilio")) return [];
  if (!isSetUp(measurement) || diskIsAbsent(measurement)) return [];
  if (traces.kind === "unseen") {
    return [
      {
        code: "W-SYNC-UNKNOWN",
        message: `how its ${engineTitle} does is not known: ${traces.why}`,
        try: traces.hint ?? ssh(howToAsk(engine?.unit ?? null)),
        kind: "aside",
      },
    ];
  }
  // Stopped, it has said its last words in its log; the rest is as it was left
  if (engine?.running === false) return logged(traces, subject);
  const reason = lost(traces, subject);
  return [
    ...reason,
    ...(reason.length > 0 ? [] : webProblems(traces.web, subject)),
    ...misled(traces, subject),
    ...logged(traces, subject),
  ];
}

/** What is in error for the engine: the one reason that explains the others. */
function lost({ folder, identity, log, config }: TracesSeen, subject: Subject): Problem[] {
  const { engineTitle, name, tree, ssh, measurement } = subject;
  const code = "W-FOLDER-LOST";
  if (folder === false) {
    return [
      {
        code: "W-FOLDER-NOT-SHARED",
        message: `${engineTitle} does not have the family's folder: ${config} has others, but not ${tree}, so nothing of it is synced`,
        try: `pimesh provision ${name} --dry-run`,
        kind: "degraded",
      },
    ];
  }
  if (identity === "missing") {
    return [
      {
        code,
        message: `the mark by which ${engineTitle} knows the folder is not in it: it takes the folder for lost, and nothing is synced. Nothing counts as deleted`,
        try: ssh(log === null ? `ls -la ${quote(tree)}` : `sudo tail ${quote(log.path)}`),
        kind: "degraded",
      },
    ];
  }
  if (log === null || log.lost === null) return [];
  const { unit } = measurement.engine ?? { unit: null };
  const anew =
    unit === null
      ? `sudo tail ${quote(log.path)}`
      : unit.startsWith("/")
        ? `sudo ${unit} restart`
        : `sudo systemctl restart ${unit}`;
  return [
    {
      code,
      message: `since its start ${engineTitle} has missed the mark by which it knows the folder, and may have stopped it: ${log.lost}${identity === "there" ? ". The mark is there now; started anew, it looks again" : ""}`,
      try: ssh(anew),
      kind: "degraded",
    },
  ];
}

/** Who stops or starts it by that file meets another process, or none. */
function misled({ pid, config }: TracesSeen, { engineTitle, ssh }: Subject): Problem[] {
  if (pid !== "other") return [];
  return [
    {
      code: "W-ENGINE-PID",
      message: `the pid file of ${engineTitle} names no process of it that runs: it was killed once, or runs by another configuration than ${config}`,
      try: ssh("ps"),
      kind: "aside",
    },
  ];
}

function logged({ log }: TracesSeen, { engineTitle, ssh }: Subject): Problem[] {
  if (log === null || log.error === null) return [];
  return [
    {
      code: "W-ENGINE-LOG",
      message: `the log of ${engineTitle} names an error: ${log.error}`,
      try: ssh(`sudo tail ${quote(log.path)}`),
      kind: "aside",
    },
  ];
}
