import { maskedConfig } from "../engine/btsync-config.ts";
import type { WebFolder, WebPeer } from "./folders-answer.ts";

/** How a folder stands by the word of its web interface. */
export interface WebState {
  /** `synced` is said of one that says so itself, without an error, with a home connected; `unknown` of all that is not understood. */
  readonly state:
    | "synced"
    | "receiving"
    | "sending"
    | "syncing"
    | "indexing"
    | "incomplete"
    | "paused"
    | "stopped"
    | "alone"
    | "error"
    | "not-set-up"
    | "unknown";
  /** Why, where it is not synced and not at work. */
  readonly why: string | null;
  /** Still to come; null is not known, never nothing. */
  readonly need: { readonly files: number; readonly bytes: number | null } | null;
  readonly peers: readonly { readonly name: string; readonly connected: boolean | null }[];
}

/**
 * What a list of folders says about the one at `tree`.
 *
 * Up to 1.3 sizes are words and a peer's state is HTML; nothing says who is connected, so nothing there can be "synced". 1.4 has
 * numbers and `is_connected`; from 2.x on `status` is a number. Shapes: recorded answers of 1.3 and 1.4 (kevinjqiu/btsync.py,
 * icy/btsync), and a third party's measurement of 3.x.
 */
export function webState(folders: readonly WebFolder[], tree: string): WebState {
  const folder = folders.find(({ path, name }) => [path, name].some((each) => pathOf(each) === tree));
  if (folder === undefined) return told("not-set-up", [], "it does not have the family's folder");
  const error = errorOf(folder);
  if (error !== undefined) return told("error", folder.peers, error);
  if (folder.paused === true) return told("paused", folder.peers);
  if (folder.stopped === true) return told("stopped", folder.peers);
  if (typeof folder.status === "number") return byNumber(folder, folder.status);
  const moving = movement(folder.peers);
  if (moving !== undefined) return told(moving, folder.peers);
  if (typeof folder.size === "string") return byWords(folder);
  return byPeers(folder);
}

/** 2.x and 3.x. */
function byNumber(folder: WebFolder, status: number): WebState {
  const { peers, queue_download_files: files, queue_download_size: bytes } = folder;
  const need = files === undefined ? null : { files, bytes: bytes ?? null };
  const state = numbers[status];
  if (state === undefined) return told("unknown", peers, `its state is number ${status}`);
  if (state === "error") return told("error", peers, "it calls the folder invalid");
  if (state === "alone") return { ...told("alone", peers, "no other home is connected to it"), need };
  if (state !== "synced") return { ...told(state, peers), need };
  if ([folder.indexing, folder.rescanning, folder.loading, folder.remoteindexing].includes(true)) {
    return { ...told("indexing", peers), need };
  }
  // A folder that is not connected has few fields: what is missing is no yes
  const missing = [
    ...(folder.synclevel === undefined || folder.synclevel === 0 ? ["synclevel"] : []),
    ...(folder.indexing === undefined ? ["indexing"] : []),
    ...(files === undefined ? ["queue_download_files"] : []),
  ];
  if (missing.length > 0) {
    return told("unknown", peers, `it says synced, but nothing of ${missing.join(" and ")}`);
  }
  if (need !== null && need.files > 0) return { ...told("receiving", peers), need };
  const online = peers.some((peer) => peer.isonline === true) || (folder.onlinepeerscount ?? 0) > 0;
  return online
    ? { ...told("synced", peers), need }
    : { ...told("alone", peers, "no other home is connected to it"), need };
}

const numbers: Readonly<Record<number, WebState["state"]>> = {
  1: "paused",
  2: "stopped",
  3: "receiving",
  4: "sending",
  5: "syncing",
  6: "incomplete",
  7: "synced",
  8: "alone",
  10: "error",
  11: "alone",
};

/** 1.4: it is with all who are connected, or it cannot be told. */
function byPeers({ indexing, error, peers }: WebFolder): WebState {
  if (indexing === true) return told("indexing", peers);
  if (
    indexing === undefined ||
    error === undefined ||
    peers.some((peer) => peer.is_connected === undefined)
  ) {
    return told("unknown", peers, "its answer is of no version that is known");
  }
  const connected = peers.filter((peer) => peer.is_connected === true);
  if (connected.length === 0) return told("alone", peers, "no other home is connected to it");
  const doubtful = connected.find(({ status }) => !/^Synced on [\d/]+ [\d:]+$/.test((status ?? "").trim()));
  return doubtful === undefined ? told("synced", peers) : told("unknown", peers, saysOf(doubtful));
}

/** Up to 1.3. */
function byWords({ peers }: WebFolder): WebState {
  const [first] = peers;
  if (first === undefined) return told("alone", peers, "no other home is connected to it");
  return told("unknown", peers, `${saysOf(first)}; this version does not tell who is connected`);
}

/** The arrows that its page shows beside a peer. */
function movement(peers: readonly WebPeer[]): "receiving" | "sending" | "syncing" | undefined {
  const shows = (arrow: string): boolean =>
    peers.some(
      ({ status, is_connected: connected }) => connected !== false && status?.includes(arrow) === true,
    );
  const [down, up] = [shows("downarrow"), shows("uparrow")];
  return down && up ? "syncing" : down ? "receiving" : up ? "sending" : undefined;
}

function told(state: WebState["state"], peers: readonly WebPeer[], why: string | null = null): WebState {
  return {
    state,
    why: why === null ? null : shown(why),
    need: null,
    peers: peers.map(({ name, isonline, is_connected: connected }) => ({
      name: shown(name ?? "somebody"),
      connected: isonline ?? connected ?? null,
    })),
  };
}

function saysOf({ name, status }: WebPeer): string {
  return `it says of ${name ?? "somebody"}: ${(status ?? "nothing").replaceAll(/<[^>]*>/g, " ")}`;
}

/** 0, "" and an empty list are none; a shape that is not known is one. */
function errorOf({ error, errors }: WebFolder): string | undefined {
  for (const each of [error, ...(Array.isArray(errors) ? (errors as readonly unknown[]) : [errors])]) {
    if (each === undefined || each === null || each === 0 || each === "" || each === false) continue;
    if (typeof each === "number") return `error ${each}`;
    return typeof each === "string" ? each : JSON.stringify(each);
  }
  return undefined;
}

/** One short line that may be printed and kept. */
function shown(words: string): string {
  return maskedConfig(words.replaceAll(/[\p{Cc}\s]+/gu, " ").trim()).slice(0, 200);
}

function pathOf(path: string | undefined): string | undefined {
  return path?.replace(/(?<=.)\/+$/, "");
}
