import { readFileSync } from "node:fs";
import type { Change } from "../../../src/syncthing/change.ts";
import { configAnswer, type Config } from "../../../src/syncthing/config-answer.ts";

export type Version = "1.19.2" | "1.29.5";

/**
 * What a fresh instance answered to `GET /rest/config`: of Debian's bookworm or trixie. Its key is a stand-in, its device ID
 * `self`.
 */
export function freshConfig(version: Version = "1.19.2"): Config {
  const file = new URL(`../answers/config-${version}.json`, import.meta.url);
  return configAnswer.parse(JSON.parse(readFileSync(file, "utf8")));
}

export const self = "SELFAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA";

type Values = Record<string, unknown>;

/** What Syncthing makes of a call, as seen with 1.19.2 [ran]; `real-mesh.slow.test.ts` holds this model to the real one. */
export function changed(config: Config, change: Change): Config {
  const [, kind = "", rawId] = /^\/rest\/config\/([a-z]+)(?:\/(.+))?$/.exec(change.path) ?? [];
  const id = rawId === undefined ? undefined : decodeURIComponent(rawId);
  const body = (change.body ?? {}) as Values;
  const next = structuredClone(config) as unknown as {
    devices: Values[];
    folders: Values[];
    options: Values;
    gui: Values;
    defaults: { device: Values; folder: Values };
  };
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
  return configAnswer.parse(next);
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
