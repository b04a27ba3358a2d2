import { peersOf, type PeerStatus } from "./peer-status.ts";
import type { StatusAnswers } from "./status-answer.ts";

/** What an instance knows of the folder; see `engineStatus`. */
export interface EngineStatus {
  /** Without the `v`. */
  readonly version: string;
  readonly state: FolderState;
  /** Why the folder is in error, or cannot be watched, in Syncthing's words. */
  readonly error: string | undefined;
  /** The folder is fine, but changes are only found by the hourly scan. */
  readonly watchError: string | undefined;
  /** What it still has to get and to delete. undefined when it is not known: never nothing. */
  readonly need: (Counts & { readonly deletes: number }) | undefined;
  /** What its database says is here, which is not what is on the disk. */
  readonly local: Counts | undefined;
  /** What the family holds together, as far as it has heard. */
  readonly global: Counts | undefined;
  /** Items that it tried to get and could not. */
  readonly failed: number;
  readonly peers: readonly PeerStatus[];
  readonly inSync: boolean;
  /** Why it is not in sync, for people; undefined when it is. */
  readonly why: string | undefined;
}

export type FolderState =
  | "idle"
  | "scanning"
  | "syncing"
  | "cleaning"
  | "starting"
  | "error"
  | "paused"
  /** Syncthing runs, but has no such folder. */
  | "not-set-up"
  | "unknown";

export interface Counts {
  readonly files: number;
  readonly folders: number;
  readonly symlinks: number;
  /** Of the files alone. */
  readonly bytes: number;
}

/**
 * How an instance stands with the folder. In sync is only what is idle, needs nothing, could get everything, is in no error, and
 * has a peer at the line that has said what it holds. A folder in error or paused says nothing of its own or its peers' progress:
 * its numbers are those of before, or zeros [ran]. `names`: what the inventory calls the devices, by ID.
 */
export function engineStatus(answers: StatusAnswers, names: ReadonlyMap<string, string>): EngineStatus {
  const { status } = answers;
  const state = stateOf(answers);
  const known = state !== "paused" && state !== "not-set-up" && state !== "unknown";
  const trusted = known && state !== "error";
  const deletes = status?.needDeletes;
  const need = trusted
    ? counts(status?.needFiles, status?.needDirectories, status?.needSymlinks, status?.needBytes)
    : undefined;
  const peers = peersOf(answers, names, trusted);
  const base = {
    version: answers.version.replace(/^v/, ""),
    state,
    error: status === undefined || status.error === "" ? undefined : status.error,
    watchError: status === undefined || status.watchError === "" ? undefined : status.watchError,
    need: need === undefined || deletes === undefined ? undefined : { ...need, deletes },
    local: known && status !== undefined ? localCounts(status) : undefined,
    global: trusted
      ? counts(status?.globalFiles, status?.globalDirectories, status?.globalSymlinks, status?.globalBytes)
      : undefined,
    failed: Math.max(status?.errors ?? 0, status?.pullErrors ?? 0),
    peers,
  };
  const why = whyNotInSync(base, status?.needTotalItems);
  return { ...base, inSync: why === undefined, why };
}

/** What its database says is here. */
export function localCounts(status: NonNullable<StatusAnswers["status"]>): Counts | undefined {
  const { localFiles, localDirectories, localSymlinks, localBytes } = status;
  return counts(localFiles, localDirectories, localSymlinks, localBytes);
}

function stateOf({ folder, status }: StatusAnswers): FolderState {
  if (folder === undefined) return "not-set-up";
  if (folder.paused) return "paused";
  if (status === undefined) return "unknown";
  if (status.error !== "") return "error";
  return states[status.state] ?? "unknown";
}

/** lib/model, folderState.String: those of 1.19.2 and 2.1. A word that is not here is not understood. */
const states: Readonly<Record<string, FolderState>> = {
  idle: "idle",
  scanning: "scanning",
  "scan-waiting": "scanning",
  "sync-waiting": "syncing",
  "sync-preparing": "syncing",
  syncing: "syncing",
  cleaning: "cleaning",
  "clean-waiting": "cleaning",
  starting: "starting",
  error: "error",
};

/** Syncthing counts 128 bytes for each folder and symlink, which no disk does [ran]. */
function counts(
  files: number | undefined,
  folders: number | undefined,
  symlinks: number | undefined,
  bytes: number | undefined,
): Counts | undefined {
  if (files === undefined || folders === undefined || symlinks === undefined || bytes === undefined) {
    return undefined;
  }
  return { files, folders, symlinks, bytes: Math.max(0, bytes - 128 * (folders + symlinks)) };
}

function whyNotInSync(
  { state, error, need, failed, peers }: Omit<EngineStatus, "inSync" | "why">,
  total: number | undefined,
): string | undefined {
  if (state === "not-set-up") return "Syncthing has no such folder";
  if (state === "paused") return "the folder is paused";
  if (state === "error") return `the folder is in error${error === undefined ? "" : `: ${error}`}`;
  if (state === "unknown") return "Syncthing does not say how the folder stands";
  if (need === undefined) return "Syncthing does not say what the folder needs";
  const left = Math.max(total ?? 0, need.files + need.folders + need.symlinks + need.deletes);
  if (left > 0) return `${left} ${left === 1 ? "item is" : "items are"} still to come or to go`;
  if (failed > 0) return `${failed} ${failed === 1 ? "item" : "items"} could not be brought`;
  if (state !== "idle") return `the folder is ${state}`;
  if (peers.length === 0) return "the folder is shared with nobody";
  const connected = peers.filter(({ reach }) => reach !== "none");
  if (connected.length === 0) return "no peer is connected";
  // Right after the first contact everything looks done: nobody has said yet what there is.
  return connected.some(({ told }) => told) ? undefined : "no connected peer has said yet what it holds";
}
