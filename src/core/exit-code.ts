/** Exit codes of every command; `pimesh help exit-codes` prints this table. */
export const exitCode = {
  fine: 0,
  different: 1,
  usage: 2,
  failed: 3,
  unreachable: 4,
  refused: 5,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export const exitCodeMeaning: Readonly<Record<ExitCode, string>> = {
  0: "fine; nothing differs, nothing to do",
  1: "differences, drift or unhealthy",
  2: "wrong usage or inventory",
  3: "failed on at least one node",
  4: "at least one node unreachable, nothing worse",
  5: "refused by a guard; nothing was changed",
  70: "a bug in pimesh",
  130: "interrupted",
};

/** Of several codes the one that matters most to the caller: a bug, then a guard, a failure, a silence, a difference. */
export function worstExitCode(codes: Iterable<ExitCode>): ExitCode {
  const given = new Set(codes);
  return severity.find((code) => given.has(code)) ?? exitCode.fine;
}

const severity: readonly ExitCode[] = [130, 70, 2, 5, 3, 4, 1];
