import { formatDuration } from "../core/duration.ts";
import type { PimeshError } from "../core/error.ts";
import type { Problem } from "./problem.ts";

/**
 * What to say of a node that could not be asked. `lastAnswer`: milliseconds since the epoch, undefined when it never
 * answered.
 */
export function silentProblems(
  name: string,
  error: PimeshError,
  now: number,
  lastAnswer: number | undefined,
): Problem[] {
  const again = `pimesh status ${name}`;
  const asked: Problem = {
    code: error.code,
    message: error.message,
    try: error.hint ?? again,
    kind: "silent",
  };
  if (lastAnswer === undefined) {
    return [
      asked,
      {
        code: "W-NEVER-SEEN",
        message: "it has never answered yet, so nothing is known of it",
        try: again,
        kind: "silent",
      },
    ];
  }
  return [
    asked,
    {
      code: "W-OLD-NUMBERS",
      message: `it last answered ${formatDuration(now - lastAnswer)} ago (${day(lastAnswer)}): its numbers are of that time`,
      try: again,
      kind: "silent",
    },
  ];
}

/** `2026-11-24 18:00 UTC`: the same on every laptop. */
function day(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
