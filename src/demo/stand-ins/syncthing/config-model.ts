import { readFileSync } from "node:fs";

export type Values = Record<string, unknown>;

/** As `GET /rest/config` gives it, as far as it is looked at here. */
export interface Config {
  devices: Values[];
  folders: Values[];
  options: Values;
  gui: Values;
  defaults: { device: Values; folder: Values };
}

/** Debian's, of bookworm and of trixie. */
export type Version = "1.19.2" | "1.29.5";

/** What a fresh instance of that version answered to `GET /rest/config`. Its key is a stand-in; its device ID becomes `self`. */
export function freshConfig(version: Version, self: string): Config {
  const text = readFileSync(new URL(`config-${version}.json`, import.meta.url), "utf8");
  return JSON.parse(text.replaceAll(recordedSelf, self)) as Config;
}

const recordedSelf = "SELFAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA";

/**
 * What Syncthing makes of a call, as seen with 1.19.2 [ran]; `real-mesh.slow.test.ts` holds this model to the real one. Throws where
 * there is no such thing, or no such call.
 */
export function changedConfig(
  config: Config,
  change: { readonly method: string; readonly path: string; readonly body?: unknown },
  self: string,
): Config {
  const [, kind = "", rawId] = /^\/rest\/config\/([a-z]+)(?:\/(.+))?$/.exec(change.path) ?? [];
  const id = rawId === undefined ? undefined : decodeURIComponent(rawId);
  const body = (change.body ?? {}) as Values;
  const next = structuredClone(config);
  if (kind === "options" || kind === "gui") Object.assign(next[kind], known(next[kind], body));
  else if (kind === "devices") edit(next.devices, "deviceID", id, change.method, body, next.defaults.device);
  else if (kind === "folders") edit(next.folders, "id", id, change.method, body, next.defaults.folder);
  else throw new Error(`the model does not know ${change.method} ${change.path}`);
  const ids = new Set(next.devices.map(({ deviceID }) => deviceID));
  for (const folder of next.folders) {
    const members = (folder["devices"] as Values[]).filter(({ deviceID }) => ids.has(deviceID));
    if (!members.some(({ deviceID }) => deviceID === self)) members.push({ deviceID: self });
    folder["devices"] = members.map((member) => ({ introducedBy: "", encryptionPassword: "", ...member }));
  }
  return next;
}

function edit(
  list: Values[],
  key: string,
  id: string | undefined,
  method: string,
  body: Values,
  defaults: Values,
): void {
  const at = list.findIndex((each) => each[key] === (id ?? body[key]));
  if (method === "DELETE") {
    if (at >= 0) list.splice(at, 1);
  } else if (method === "PATCH") {
    const there = list[at];
    if (there === undefined) throw new Error("No such thing with given ID");
    Object.assign(there, known(there, body));
  } else if (method === "POST") {
    const made = structuredClone({ ...defaults, ...known(defaults, body) });
    if (at >= 0) list[at] = made;
    else list.push(made);
  } else throw new Error(`the model does not know ${method}`);
}

/** It forgets what it does not know. */
function known(there: Values, body: Values): Values {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key in there));
}
