import { formatBytes } from "../core/bytes.ts";
import { formatDuration } from "../core/duration.ts";
import { thousands } from "../core/thousands.ts";
import type { SyncTold } from "../history/sync-measurement.ts";
import { howToAsk } from "./how-to-ask.ts";
import { countOf, type Problem, type Subject } from "./problem.ts";
import { diskIsAbsent, isSetUp } from "./state.ts";
import { contradiction } from "./sync-contradiction.ts";
import { thresholds } from "./thresholds.ts";

/**
 * What a node's Syncthing says against itself, or why it says nothing. Whoever is not in sync is at work or degraded: each reason for
 * not being in sync has a problem here.
 */
export function syncProblems(subject: Subject): Problem[] {
  const { measurement, wanted, name, ssh } = subject;
  const { sync } = measurement;
  if (sync === undefined || wanted.engine !== "syncthing") return [];
  if (!isSetUp(measurement) || diskIsAbsent(measurement)) return [];
  const status = ssh(howToAsk(measurement.engine?.unit ?? null));
  switch (sync.kind) {
    case "none":
      return [notPaired("Syncthing runs there, but not the one that pimesh sets up on the disk")];
    case "closed":
      return [
        {
          code: "W-SYNC-UNKNOWN",
          message: `what its Syncthing knows is not known: ${sync.why}`,
          try: sync.hint ?? status,
          kind: "aside",
        },
      ];
    case "silent":
      return [
        {
          code: "W-SYNC-SILENT",
          message: `its Syncthing could not be asked (${sync.code}): ${sync.why}`,
          try: sync.hint ?? status,
          kind: "degraded",
        },
      ];
    case "told":
    default:
      return [
        ...toldProblems(sync, {
          tree: subject.tree,
          pausedByUs: subject.pausedByUs,
          look: status,
          provision: `pimesh provision ${name}`,
          difference: `pimesh diff laptop ${name} --summary`,
          again: `pimesh status ${name}`,
          now: measurement.at + (measurement.clock?.offset ?? 0) * 1000,
        }),
        ...contradiction(sync, measurement, name),
      ];
  }
}

/** Whose Syncthing has spoken, and the commands that look at it and mend it. */
export interface Told extends Pick<Subject, "tree" | "pausedByUs"> {
  /** Shows how its unit is. */
  readonly look: string;
  readonly provision: string;
  readonly difference: string;
  readonly again: string;
  /** By its own clock, in milliseconds since the epoch. */
  readonly now: number;
}

/** What an instance that could be asked says against itself. */
export function toldProblems(sync: SyncTold, about: Told): Problem[] {
  return [
    ...standing(sync, about),
    ...placed(sync, about),
    ...deletes(sync, about),
    ...unwatched(sync, about),
  ];
}

/** Why it is not in sync: the one reason that explains the others. */
function standing(sync: SyncTold, { pausedByUs, look: status, provision, again, now }: Told): Problem[] {
  if (sync.state === "not-set-up") return [notPaired("its Syncthing does not have the family's folder")];
  if (sync.state === "error") {
    const words = sync.error ?? "it does not say why";
    return /marker missing/i.test(words)
      ? degraded(
          "W-SYNC-MARKER",
          `Syncthing has stopped the folder, for the marker of its disk is not there: ${words}. Nothing counts as deleted. If it is the right disk, provision makes a new one`,
          `${provision} --dry-run`,
        )
      : degraded("W-SYNC-ERROR", `Syncthing has stopped the folder: ${words}. Nothing is synced`, status);
  }
  if (sync.state === "paused" && pausedByUs) {
    return degraded(
      "W-SYNC-PAUSED",
      "pimesh has paused its folder while ignore rules changed, and could not resume it: nothing is synced, unless a provision is at work just now",
      provision,
    );
  }
  if (sync.state === "paused") {
    return degraded(
      "W-SYNC-PAUSED",
      "its folder is paused in Syncthing: nothing is synced until somebody resumes it there",
      status,
    );
  }
  if (sync.inSync) return [];
  if (sync.peers.length === 0) return [notPaired("its Syncthing shares the folder with nobody")];
  if (sync.peers.every(({ reach }) => reach === "none")) {
    return degraded(
      "W-SYNC-ALONE",
      `no other home is connected to it, so nothing comes or goes: ${peersText(sync, now)}${leftOf(sync)}`,
      status,
    );
  }
  if (sync.failed > 0) {
    return degraded(
      "W-SYNC-FAILED",
      `Syncthing could not bring ${countOf(sync.failed, "item")}${leftOf(sync)}: names or places that its disk does not take, or no room`,
      status,
    );
  }
  if (isAtWork(sync)) {
    return [
      {
        code: sync.state === "idle" ? "W-SYNC-WAITING" : "W-SYNC-WORKING",
        message: `Syncthing is ${sync.state === "idle" ? "waiting for a home that has what it lacks" : sync.state}${leftOf(sync)} (${peersText(sync, now)})`,
        try: again,
        kind: "apart",
      },
    ];
  }
  return degraded("W-NOT-IN-SYNC", `it is not in sync: ${sync.why ?? "Syncthing does not say why"}`, status);
}

function degraded(code: string, message: string, command: string): Problem[] {
  return [{ code, message, try: command, kind: "degraded" }];
}

/** Something moves, or will as soon as somebody has what it lacks. */
function isAtWork({ state, need }: SyncTold): boolean {
  if (need === null) return false;
  return state !== "idle" || need.files + need.folders + need.symlinks + need.deletes > 0;
}

function notPaired(what: string): Problem {
  return {
    code: "W-NOT-PAIRED",
    message: `${what}: nothing comes to it from the other homes`,
    try: "pimesh provision --all",
    kind: "degraded",
  };
}

/** Without its own marker an empty disk in its place is "everything was deleted" to the other homes. */
function placed({ bound, elsewhere, state }: SyncTold, { provision, tree }: Told): Problem[] {
  const problem = (code: string, message: string): Problem => ({
    code,
    message,
    try: `${provision} --dry-run`,
    kind: "degraded",
  });
  return [
    ...(bound === false && state !== "not-set-up"
      ? [
          problem(
            "W-SYNC-UNBOUND",
            "its folder does not hang on the marker of its disk: an empty disk in its place would count as deleted at the other homes",
          ),
        ]
      : []),
    ...(elsewhere === null
      ? []
      : [
          problem(
            "W-SYNC-ELSEWHERE",
            `its Syncthing takes ${elsewhere} for the family's folder, not ${tree}`,
          ),
        ]),
  ];
}

/** Not a brake: what another home has deleted goes to the trash here. But a person should hear of so many before it is done. */
function deletes({ need, local }: SyncTold, { difference }: Told): Problem[] {
  const { deletes: amount } = need ?? { deletes: 0 };
  if (amount <= thresholds.deletes && amount <= (local?.files ?? 0) * thresholds.deletesShare) return [];
  return [
    {
      code: "W-SYNC-DELETES",
      message: `Syncthing is about to delete ${countOf(amount, "item")} there, which another home has deleted; they go to its trash for 30 days`,
      try: difference,
      kind: "degraded",
    },
  ];
}

function unwatched({ watchError }: SyncTold, { provision }: Told): Problem[] {
  if (watchError === null) return [];
  return [
    {
      code: "W-SYNC-UNWATCHED",
      message: `Syncthing cannot watch the folder (${watchError}): what changes there is only found by its hourly scan`,
      try: `${provision} --dry-run`,
      kind: "aside",
    },
  ];
}

/** `home directly, laptop by relay, grandma last seen 3 d ago`. */
function peersText({ peers }: SyncTold, now: number): string {
  return peers
    .map(({ name, reach, paused, lastSeen }) => {
      if (paused) return `${name} is paused`;
      if (reach === "direct") return `${name} directly`;
      if (reach === "relay") return `${name} by relay`;
      return lastSeen === null ? `${name} never seen` : `${name} last seen ${agoOf(now - lastSeen)}`;
    })
    .join(", ");
}

function agoOf(span: number): string {
  return span < 60_000 ? "just now" : `${formatDuration(span)} ago`;
}

function toGo({ need }: SyncTold): string | undefined {
  if (need === null) return undefined;
  const items = need.files + need.folders + need.symlinks;
  const parts = [
    ...(items === 0 ? [] : [`${countOf(items, "item")} to get (${formatBytes(need.bytes)})`]),
    ...(need.deletes === 0 ? [] : [`${thousands(need.deletes)} to delete`]),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}

function leftOf(sync: SyncTold): string {
  const left = toGo(sync);
  return left === undefined ? "" : `; ${left}`;
}
