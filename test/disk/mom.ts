import type { Node } from "../../src/inventory/inventory.ts";
import { noEngineSettings } from "../support/engine-settings.ts";

/** A node as the inventory has it when nothing special is said. */
export const mom: Node = {
  name: "mom",
  addresses: [{ host: "mom.example.org", port: undefined, text: "mom.example.org" }],
  user: "pi",
  jump: undefined,
  identityFiles: [],
  sudoPasswordFile: undefined,
  disk: { label: "btsync", mount: "/media/btsync" },
  tree: "btsync",
  folders: [],
  swap: false,
  engine: "syncthing",
  engineSettings: noEngineSettings,
  player: "kodi",
};
