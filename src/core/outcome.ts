import type { PimeshError } from "./error.ts";
import { worstExitCode, type ExitCode } from "./exit-code.ts";

/** What became of one node: a node that fails is a value, never an exception that stops the others. */
export type Outcome<T> =
  | { readonly node: string; readonly ok: true; readonly value: T }
  | { readonly node: string; readonly ok: false; readonly error: PimeshError };

/** The exit code of a run over several nodes; `rate` gives the code of a node that answered. */
export function exitCodeOf<T>(
  outcomes: readonly Outcome<T>[],
  rate: (value: T) => ExitCode = () => 0,
): ExitCode {
  return worstExitCode(
    outcomes.map((outcome) => (outcome.ok ? rate(outcome.value) : outcome.error.exitCode)),
  );
}
