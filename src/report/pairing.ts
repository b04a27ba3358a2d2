import { exitCode, type ExitCode } from "../core/exit-code.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Change, Finding } from "../syncthing/change.ts";
import { diffLines, type PlanLine } from "./plan.ts";

/** What became of one home when the family was paired. */
export interface HomePairing {
  /** `away`: the laptop's is not started. `later`: it has no keys yet. `planned`: nothing was done, because it was a dry run or the answer was no. */
  readonly result: "unchanged" | "paired" | "planned" | "later" | "away";
  readonly changes: readonly PairingChange[];
  readonly findings: readonly Finding[];
}

export interface PairingChange extends Pick<Change, "what" | "why"> {
  /** Of a text, as a unified diff. */
  readonly diff?: string;
}

/** What is to change at one home's Syncthing, for a person. */
export function pairingLines(
  name: string,
  changes: HomePairing["changes"],
  notes: readonly string[],
): PlanLine[] {
  return [
    { text: `${name}  Syncthing`, tone: "strong" },
    ...changes.flatMap(({ what, why, ...text }, index): PlanLine[] => [
      { text: `  ${String(index + 1).padStart(2)}. ${what}`, tone: "strong" },
      { text: `      ${why}`, tone: "faint" },
      ...diffLines(text, false),
    ]),
    { text: changes.length === 0 ? "  nothing to do" : `  ${changes.length} to do` },
    ...notes.map((text): PlanLine => ({ text: `  note: ${text}`, tone: "warn" })),
  ];
}

/** All is well only where every home that takes part is paired, has the tree, and syncs it. */
export function pairingExitCode({ result, findings }: HomePairing): ExitCode {
  const open = result === "planned" || result === "later";
  return open || hasOtherFolder(findings) || isStopped(findings) ? exitCode.different : exitCode.fine;
}

function isStopped(findings: readonly Finding[]): boolean {
  return findings.some(({ kind }) => kind === "stopped");
}

function hasOtherFolder(findings: readonly Finding[]): boolean {
  return findings.some(({ kind }) => kind === "same-place");
}

/** The one line that sums a home up. */
export function pairingLine(outcome: Outcome<HomePairing>): string {
  if (!outcome.ok) return `not paired: ${outcome.error.message} (${outcome.error.code})`;
  const { result, changes, findings } = outcome.value;
  if (hasOtherFolder(findings)) return "not paired: another folder of its Syncthing has the tree";
  if (result === "away") return "its Syncthing is not started: it stays paired as it was";
  const stopped = isStopped(findings) ? "; its Syncthing has stopped the folder" : "";
  if (result === "unchanged") return `paired already${stopped}`;
  if (result === "paired") return `paired: ${changes.length} changed${stopped}`;
  if (result === "later") return "not paired: its Syncthing has no keys yet";
  return `not paired: ${changes.length} to do`;
}

/** For `provision --json`. */
export function pairingDocument(outcomes: readonly Outcome<HomePairing>[]): object[] {
  return outcomes.map((outcome) =>
    outcome.ok
      ? {
          name: outcome.node,
          result: outcome.value.result,
          changes: outcome.value.changes.map(({ what, why, diff }) => ({
            what,
            why,
            ...(diff === undefined ? {} : { diff }),
          })),
          findings: outcome.value.findings,
          error: null,
        }
      : {
          name: outcome.node,
          result: "failed",
          changes: [],
          findings: [],
          error: {
            code: outcome.error.code,
            message: outcome.error.message,
            try: outcome.error.hint ?? null,
          },
        },
  );
}
