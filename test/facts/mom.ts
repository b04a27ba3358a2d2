import type { Facts } from "../../src/facts/facts.ts";
import { questionsFor } from "../../src/facts/questions.ts";
import type { Node } from "../../src/inventory/inventory.ts";
import { noEngineSettings } from "../support/engine-settings.ts";

export const mom: Node = {
  name: "mom",
  addresses: [{ host: "mom.example.org", port: undefined, text: "mom.example.org" }],
  user: undefined,
  jump: undefined,
  identityFiles: [],
  sudoPasswordFile: undefined,
  disk: { label: "btsync", mount: "/media/btsync" },
  tree: "btsync",
  folders: ["photos"],
  swap: { bytes: 4 * 2 ** 30, policy: "isolated", require: "auto" },
  engine: "syncthing",
  engineSettings: noEngineSettings,
  player: "kodi",
};

/** The facts of a node of which only some are known. */
export function factsWith(values: { readonly [K in keyof Facts]?: Facts[K] }): Facts {
  const absent = Object.keys(questionsFor(mom)).map((name) => [name, { kind: "absent" }]);
  return { ...(Object.fromEntries(absent) as Facts), ...values };
}
