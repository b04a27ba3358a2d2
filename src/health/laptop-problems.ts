import { quote } from "../core/shell.ts";
import type { DifferingRules } from "../engine/differing-rules.ts";
import { engines } from "../engine/engines.ts";
import type { Sync } from "../history/sync-measurement.ts";
import { rulesText } from "./ignore-problems.ts";
import type { Problem } from "./problem.ts";
import { toldProblems } from "./sync-problems.ts";

/** The laptop's own Syncthing, where it takes part in the family. */
export interface LaptopEngine {
  /** `absent`: none was ever set up on this machine. */
  readonly runs: "absent" | "stopped" | "yes";
  /** What it knows of the family's folder, or why it could not be asked; undefined where it does not run. */
  readonly sync: Sync | undefined;
  /** Where the tree's ignore file is not what the inventory says; undefined: it is. */
  readonly ignore: DifferingRules | undefined;
}

/**
 * What is wrong with the laptop's own Syncthing: what goes wrong here keeps every home from what changes on the laptop. `promised`: the
 * inventory says that it takes part; without that one that is not started is only told.
 */
export function laptopProblems(
  { runs, sync, ignore }: LaptopEngine,
  about: {
    readonly promised: boolean;
    readonly tree: string;
    readonly pausedByUs: boolean;
    readonly now: number;
  },
): Problem[] {
  const kind = about.promised ? "degraded" : "aside";
  const stopped = (message: string, command: string): Problem[] => [
    { code: "W-ENGINE-STOPPED", message, try: command, kind },
  ];
  if (runs === "absent") {
    return stopped(
      "no Syncthing was ever set up here: what changes in its tree goes to no other home",
      "syncthing",
    );
  }
  const rules = ignore === undefined ? [] : rulesProblems(ignore, about.tree);
  if (runs === "stopped") {
    return [
      ...stopped("its Syncthing does not run: what changes in its tree goes to no other home", start),
      ...rules,
    ];
  }
  return [...syncProblems(sync, about), ...rules];
}

const start = "systemctl --user start syncthing";
const look = "systemctl --user status syncthing";

function syncProblems(
  sync: Sync | undefined,
  { tree, pausedByUs, now }: Parameters<typeof laptopProblems>[1],
): Problem[] {
  if (sync?.kind === "told") {
    return toldProblems(sync, {
      tree,
      pausedByUs,
      look,
      provision: "pimesh provision --all",
      difference: "pimesh status",
      again: "pimesh status",
      now,
    });
  }
  if (sync === undefined || sync.kind === "none") return [];
  return [
    {
      code: "W-SYNC-SILENT",
      message: `its Syncthing could not be asked (${sync.code}): ${sync.why}`,
      try: sync.hint ?? look,
      kind: "degraded",
    },
  ];
}

function rulesProblems({ missing, more }: DifferingRules, tree: string): Problem[] {
  const { title, ignoreFile } = engines.syncthing;
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            code: "W-IGNORE-MISSING",
            message: `the ignore rules of ${title} here lack what the inventory says: ${rulesText(missing)}`,
            try: "pimesh provision --all --dry-run",
            kind: "degraded",
          } as const,
        ]),
    ...(more.length === 0
      ? []
      : [
          {
            code: "W-IGNORE-MORE",
            message: `the ignore rules of ${title} here have more than the inventory says: ${rulesText(more)}; what they hide goes to no other home`,
            try: `cat ${quote(`${tree}/${ignoreFile}`)}`,
            kind: "aside",
          } as const,
        ]),
  ];
}
