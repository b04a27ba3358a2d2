import { formatBytes } from "../core/bytes.ts";
import { formatDuration } from "../core/duration.ts";
import { countedOf, type Measurement } from "../history/measurement.ts";
import { diskProblems } from "./disk-problems.ts";
import { engineMixProblems } from "./engine-mix.ts";
import { howToAsk } from "./how-to-ask.ts";
import { ignoreProblems } from "./ignore-problems.ts";
import { machineProblems, spaceProblems, swapProblems } from "./machine-problems.ts";
import { countOf, type Problem, type Subject } from "./problem.ts";
import { diskIsAbsent, isSame, isSetUp, stateOf, type State } from "./state.ts";
import { syncProblems } from "./sync-problems.ts";
import { tracesProblems } from "./traces-problems.ts";

export interface Verdict {
  readonly state: Exclude<State, "unreachable">;
  /** The disk first, then what is off, then what differs. */
  readonly problems: readonly Problem[];
}

/** The state word of a node that answered, and what is wrong with it in words. Pure. */
export function judge(subject: Subject): Verdict {
  const { measurement, reference, before } = subject;
  const problems = [
    ...diskProblems(subject),
    ...setupProblems(subject),
    ...countProblems(subject),
    ...conflictProblems(subject),
    ...indexProblems(subject),
    ...engineProblems(subject),
    ...syncProblems(subject),
    ...tracesProblems(subject),
    ...ignoreProblems(subject),
    ...engineMixProblems(subject),
    ...swapProblems(subject),
    ...spaceProblems(subject),
    ...machineProblems(subject),
  ];
  const degraded = problems.some(({ kind }) => kind === "degraded");
  const state = stateOf({ measurement, reference, before, degraded });
  return { state, problems: [...problems, ...differences(subject, state)] };
}

function setupProblems({ measurement, name, ssh }: Subject): Problem[] {
  const { provisioned, provisionedError, disk } = measurement;
  const plan = `pimesh provision ${name} --dry-run`;
  if (provisionedError !== null) {
    return [
      {
        code: "E-FACTS-INCOMPLETE",
        message: `what pimesh wrote down on it cannot be read (${provisionedError}): which disk it is pinned to is not known`,
        try: ssh("cat /etc/pimesh/node.conf"),
        kind: "degraded",
      },
    ];
  }
  if (provisioned === null) {
    return [
      {
        code: "W-UNPROVISIONED",
        message: "pimesh has not set it up yet: nothing there minds a disk that goes away",
        try: plan,
        kind: "setup",
      },
    ];
  }
  if (provisioned.node !== name) {
    return [
      {
        code: "W-OTHER-NAME",
        message: `it was set up as ${provisioned.node}: a changed name in the inventory, or the address of another node`,
        try: plan,
        kind: "degraded",
      },
    ];
  }
  if (provisioned.mount !== disk.mount) {
    return [
      {
        code: "W-OTHER-MOUNT",
        message: `it was set up with its disk at ${provisioned.mount}, the inventory now says ${disk.mount}`,
        try: plan,
        kind: "degraded",
      },
    ];
  }
  return [];
}

function countProblems({ measurement, name, countError }: Subject): Problem[] {
  if (countError?.code === "E-TREE-ABSENT") {
    // On a disk that nobody has set up yet there is no tree to miss.
    if (!isSetUp(measurement)) return [];
    return [
      {
        code: countError.code,
        message: `its disk is there, but the folder with the files is not: ${countError.message}. Nothing counts as deleted`,
        try: `pimesh provision ${name} --dry-run`,
        kind: "degraded",
      },
    ];
  }
  if (countError !== undefined) {
    return [
      {
        code: countError.code,
        message: `its tree could not be counted: ${countError.message}`,
        try: `pimesh diff laptop ${name} --summary`,
        kind: "degraded",
      },
    ];
  }
  const unreadable = measurement.counts?.unreadable ?? 0;
  if (unreadable === 0) return [];
  return [
    {
      code: "W-UNREADABLE",
      message: `${countOf(unreadable, "place")} in its tree could not be read: it may hold more than the numbers say`,
      try: `pimesh diff laptop ${name}`,
      kind: "degraded",
    },
  ];
}

/** Both edits are there; which is the right one only a person can tell. */
function conflictProblems({ measurement, name }: Subject): Problem[] {
  const { counts } = measurement;
  if (counts?.conflicts === undefined || counts.conflicts === 0) return [];
  return [
    {
      code: "W-CONFLICTS",
      message: `${countOf(counts.conflicts, "conflict copy", "conflict copies")} in its tree: changed at two homes at the same time, both are kept`,
      try: `pimesh conflicts ${name}`,
      kind: "aside",
    },
  ];
}

/** The counts are right all the same, but took a walk through the tree. */
function indexProblems({ measurement, name, ssh }: Subject): Problem[] {
  const { index, init } = measurement;
  if (index === undefined) return [];
  return [
    {
      code: `W-INDEX-${index.state.toUpperCase()}`,
      message: `its index ${index.why}${measurement.counts === null ? "" : ", so its files were counted now"}`,
      try:
        index.state === "foreign"
          ? `pimesh provision ${name} --dry-run`
          : ssh(init === "sysvinit" ? "ls -l /etc/cron.d" : "systemctl status pimesh-index"),
      kind: "aside",
    },
  ];
}

function engineProblems({ measurement, wanted, engineTitle, ssh }: Subject): Problem[] {
  const { engine } = measurement;
  // Without its disk the engine is stopped on purpose, and before the set-up nobody expects it.
  if (wanted.engine === false || !isSetUp(measurement) || diskIsAbsent(measurement)) return [];
  if (engine === null || engine.running !== false) return [];
  const missing = engine.unitState === "not-found";
  const how = engine.unitState === null || missing ? "" : ` (${engine.unitState})`;
  return [
    {
      code: "W-ENGINE-STOPPED",
      message: `${engineTitle} is not ${missing ? "installed" : `running${how}`}: nothing is synced`,
      try: ssh(howToAsk(engine.unit)),
      kind: "degraded",
    },
  ];
}

function differences({ measurement, reference, name }: Subject, state: State): Problem[] {
  const { counts } = measurement;
  if (counts === null) return [];
  if (reference === undefined) {
    return [
      {
        code: "W-NOT-COMPARED",
        message: `not compared: what the laptop holds is not known, so ${state} says nothing about files that are missing`,
        try: "pimesh check",
        kind: "apart",
      },
    ];
  }
  if (isSame(counts, reference)) return [];
  // An empty tree on a node without set-up is no news.
  if (state === "unprovisioned" && counts.files === 0) return [];
  const files = counts.files - reference.files;
  const bytes = counts.bytes - reference.bytes;
  const mixed = files * bytes < 0;
  const ahead = !mixed && (files > 0 || bytes > 0);
  const parts = [
    ...(files === 0 ? [] : [`${countOf(Math.abs(files), "file")} ${files < 0 ? "fewer" : "more"}`]),
    ...(bytes === 0 ? [] : [`${formatBytes(Math.abs(bytes))} ${bytes < 0 ? "less" : "more"}`]),
  ];
  const than = `has ${parts.join(mixed ? ", but " : " and ")} than the laptop${whenCounted(measurement)}`;
  const meaning = mixed
    ? ": each of the two may miss what the other holds"
    : ahead
      ? ": the laptop may be the one that misses them"
      : "";
  const moving = ahead || mixed ? ", and files are on their way" : ", and it is catching up";
  return [
    {
      code: state === "syncing" ? "W-SYNCING" : ahead ? "W-AHEAD" : "W-BEHIND",
      message: `${than}${state === "syncing" ? moving : meaning}`,
      try: `pimesh diff laptop ${name}`,
      kind: "apart",
    },
  ];
}

/** What has come since is not in the index. */
function whenCounted(measurement: Measurement): string {
  const span = measurement.at - countedOf(measurement).at;
  return span < 60_000 ? "" : `, as its index has counted ${formatDuration(span)} ago`;
}
