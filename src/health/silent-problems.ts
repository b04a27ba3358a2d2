import { formatDuration } from "../core/duration.ts";
import type { ErrorCode, PimeshError } from "../core/error.ts";
import { exitCode } from "../core/exit-code.ts";
import type { Measurement } from "../history/measurement.ts";
import type { Problem } from "./problem.ts";

/**
 * What to say of a node that could not be asked. `now`: milliseconds since the epoch; `last`: what it said last, undefined when it
 * never answered.
 */
export function silentProblems(
  name: string,
  error: PimeshError,
  now: number,
  last: Pick<Measurement, "at" | "sync"> | undefined,
): Problem[] {
  const again = `pimesh status ${name}`;
  const asked: Problem = {
    code: error.code,
    message: untrusted(error)
      ? `it answered, but its host key is not trusted: ${error.message}`
      : error.message,
    try: error.hint ?? again,
    kind: "silent",
  };
  if (last === undefined) {
    // Where something did answer, why it was not let near the node is all there is to say.
    if (error.exitCode !== exitCode.unreachable) return [asked];
    return [
      asked,
      {
        code: "W-NEVER-SEEN",
        message: "never answered yet, so nothing is known",
        try: again,
        kind: "silent",
      },
    ];
  }
  return [
    asked,
    {
      code: "W-OLD-NUMBERS",
      message: `last answered ${formatDuration(now - last.at)} ago (${day(last.at)}): the numbers are of that time${syncThen(last.sync)}`,
      try: again,
      kind: "silent",
    },
  ];
}

/** Not in sync is worth knowing of a node that is away: what it had to give may be nowhere else. */
function syncThen(sync: Measurement["sync"]): string {
  if (sync?.kind !== "told") return "";
  return sync.inSync
    ? "; it was in sync then"
    : `; it was not in sync then${sync.why === null ? "" : `: ${sync.why}`}`;
}

/** Of a jump host on the way the message says so itself, and the node has not answered. */
function untrusted({ code, message }: PimeshError): boolean {
  return hostKeyCodes.has(code) && !message.startsWith("its jump host ");
}

const hostKeyCodes: ReadonlySet<ErrorCode> = new Set([
  "E-HOST-KEY-UNKNOWN",
  "E-HOST-KEY-CHANGED",
  "E-HOST-KEY-REVOKED",
  "E-HOST-KEY-CONTRADICTION",
] as const);

/** `2026-11-24 18:00 UTC`: the same on every laptop. */
function day(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
