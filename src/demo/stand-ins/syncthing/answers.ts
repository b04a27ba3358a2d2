import { Refused, type ApiCall } from "./api-server.ts";
import { changedConfig, type Values } from "./config-model.ts";
import { bytesOf, counters, lacking, type Items } from "./items.ts";
import {
  connectedTo,
  folderOf,
  foldersOf,
  hear,
  heardKey,
  knows,
  look,
  sharing,
  type Family,
  type Folder,
  type Member,
} from "./member.ts";

/**
 * What a Syncthing says to the calls that pimesh makes, of the folders that really lie there: as 1.19.2 and 1.29.5 answered [ran].
 * It knows no deletions: what is missing has to be got. undefined: there is no such thing, and no such call. Throws Refused.
 */
export function answerOf(member: Member, call: ApiCall, family: Family): object | undefined {
  const { method, path, query, body } = call;
  const asked = new URLSearchParams(query);
  const folder = folderOf(member, asked.get("folder") ?? "");
  if (method !== "GET" && path.startsWith("/rest/config/")) {
    try {
      member.config = changedConfig(member.config, { method, path, body }, member.id);
      return {};
    } catch (error) {
      throw new Refused(404, (error as Error).message);
    }
  }
  switch (`${method} ${path}`) {
    case "GET /rest/system/status":
      return { myID: member.id, tilde: member.tilde, pathSeparator: "/" };
    case "GET /rest/system/version":
      return { version: `v${member.version}`, os: "linux", arch: "arm64" };
    case "GET /rest/config":
      return member.config;
    case "GET /rest/config/restart-required":
      return { requiresRestart: false };
    case "GET /rest/cluster/pending/devices":
      return pendingDevices(member, family);
    case "GET /rest/cluster/pending/folders":
      return pendingFolders(member, family);
    case "GET /rest/system/connections":
      return { connections: connections(member, family) };
    case "GET /rest/stats/device":
      return seen(member, family);
    case "GET /rest/db/status":
      return folder === undefined ? undefined : status(member, folder, family);
    case "GET /rest/db/completion":
      return folder === undefined || folder.paused
        ? undefined
        : completion(member, folder, asked.get("device") ?? "", family);
    case "POST /rest/db/scan": {
      const items = folder === undefined ? "no such folder" : look(member, folder);
      if (typeof items === "string") throw new Refused(500, items);
      return {};
    }
    default:
      return method === "GET" ? partOf(member, path) : undefined;
  }
}

/** `/rest/config/folders/pimesh` and the like. */
function partOf({ config }: Member, path: string): object | undefined {
  const [, kind, id] = /^\/rest\/config\/([a-z]+)(?:\/(.+))?$/.exec(path) ?? [];
  if (kind !== "devices" && kind !== "folders") return undefined;
  if (id === undefined) return config[kind];
  const key = kind === "devices" ? "deviceID" : "id";
  return config[kind].find((each: Values) => each[key] === decodeURIComponent(id));
}

function status(member: Member, folder: Folder, family: Family): object {
  if (folder.paused) return { state: "", ...numbers(nothing, nothing, nothing) };
  const before = member.found.get(folder.id) ?? nothing;
  const items = look(member, folder);
  if (typeof items === "string") return { state: "error", error: items, ...numbers(before, before, nothing) };
  const global = hear(member, folder, items, family);
  const need = lacking(items, global);
  const isComing = need.size > 0 && sharing(member, folder, family).length > 0;
  return { state: isComing ? "syncing" : "idle", ...numbers(items, global, need) };
}

const nothing: Items = new Map();

function numbers(local: Items, global: Items, need: Items): object {
  return {
    errors: 0,
    pullErrors: 0,
    needDeletes: 0,
    ...counters("local", local),
    ...counters("global", global),
    ...counters("need", need),
  };
}

function completion(member: Member, folder: Folder, device: string, family: Family): object {
  const own = look(member, folder);
  const before = member.found.get(folder.id) ?? nothing;
  const global = hear(member, folder, typeof own === "string" ? before : own, family);
  const theirs = member.heard.get(heardKey(folder.id, device));
  const need = lacking(theirs ?? nothing, global);
  const [all, left] = [bytesOf(global), bytesOf(need)];
  const isThere = sharing(member, folder, family).some((other) => other.member.id === device);
  return {
    completion: all === 0 || left === 0 ? 100 : 100 * (1 - left / all),
    globalBytes: all,
    globalItems: global.size,
    needBytes: left,
    needItems: need.size,
    needDeletes: 0,
    sequence: theirs?.size ?? 0,
    // Since 1.20
    ...(member.version === "1.19.2" ? {} : { remoteState: isThere ? "valid" : "unknown" }),
  };
}

/** 1.19.2 lists itself too. */
function connections(member: Member, family: Family): object {
  const connected = new Set(connectedTo(member, family).map(({ id }) => id));
  return Object.fromEntries(
    member.config.devices.map(({ deviceID, paused }) => {
      const isConnected = connected.has(String(deviceID));
      return [
        deviceID,
        { connected: isConnected, paused: paused === true, type: isConnected ? "tcp-client" : "" },
      ];
    }),
  );
}

function seen(member: Member, family: Family): object {
  connectedTo(member, family);
  return Object.fromEntries(
    member.config.devices.map(({ deviceID }) => [
      deviceID,
      { lastSeen: new Date(member.seen.get(String(deviceID)) ?? 0).toISOString() },
    ]),
  );
}

/** Who has let it in and waits to be let in. */
function pendingDevices(member: Member, family: Family): object {
  const knocking = [...family].filter(
    (other) => other !== member && knows(other, member.id) && !knows(member, other.id),
  );
  return Object.fromEntries(
    knocking.map(({ id, config }) => {
      const name = config.devices.find(({ deviceID }) => deviceID === id)?.["name"];
      return [id, { name, address: "192.0.2.7:22000", time: new Date().toISOString() }];
    }),
  );
}

/** What those it is connected with would share with it. */
function pendingFolders(member: Member, family: Family): object {
  const pending: Record<string, { offeredBy: Record<string, object> }> = {};
  for (const other of connectedTo(member, family)) {
    for (const { id, label, members } of foldersOf(other)) {
      if (!members.has(member.id) || folderOf(member, id)?.members.has(other.id) === true) continue;
      (pending[id] ??= { offeredBy: {} }).offeredBy[other.id] = { label, time: new Date().toISOString() };
    }
  }
  return pending;
}
