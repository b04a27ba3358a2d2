import type { Outcome } from "../core/outcome.ts";
import type { PimeshError } from "../core/error.ts";
import { pairingDocument, type HomePairing } from "./pairing.ts";
import { changes, type Plan } from "../provision/step.ts";

/** What became of one node in a provision. */
export interface Provisioned {
  readonly plans: readonly Plan[];
  /** `planned`: nothing was applied, because it was a dry run or the answer was no. */
  readonly result: "unchanged" | "applied" | "planned";
  /** Runs in the node's journal, oldest first. */
  readonly runs: readonly string[];
}

/** The one line that sums a node up. */
export function resultLine(outcome: Outcome<Provisioned>): string {
  if (!outcome.ok) return `${outcome.error.message} (${outcome.error.code})`;
  const { plans, result } = outcome.value;
  const todo = plans.flatMap(changes).length;
  if (result === "unchanged") return "nothing to do";
  if (result === "applied") return `done: ${todo} changed`;
  return `not changed: ${todo} to do`;
}

/** `provision --json`, version 1. */
export function provisionDocument(
  outcomes: readonly Outcome<Provisioned>[],
  paired: readonly Outcome<HomePairing>[],
  at: string,
): object {
  return {
    schemaVersion: 1,
    at,
    pairing: pairingDocument(paired),
    nodes: outcomes.map((outcome) =>
      outcome.ok
        ? {
            name: outcome.node,
            result: outcome.value.result,
            runs: outcome.value.runs,
            steps: outcome.value.plans.flatMap((plan) =>
              plan.steps.map((step) => ({
                change: step.kind === "change",
                resource: step.resource,
                what: step.what,
                why: step.why,
                ...(step.kind === "change" && step.diff !== undefined ? { diff: step.diff } : {}),
              })),
            ),
            notices: outcome.value.plans.flatMap((plan) => plan.notices),
            error: null,
          }
        : {
            name: outcome.node,
            result: "failed",
            runs: [],
            steps: [],
            notices: [],
            error: errorDocument(outcome.error),
          },
    ),
  };
}

function errorDocument(error: PimeshError): unknown {
  return { code: error.code, message: error.message, try: error.hint ?? null };
}
