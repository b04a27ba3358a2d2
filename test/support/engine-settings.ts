import type { EngineSettings } from "../../src/inventory/inventory.ts";

/** Of a node that says nothing more about its engine than which it is. */
export const noEngineSettings: EngineSettings = {
  upload: undefined,
  download: undefined,
  binary: undefined,
  keyFile: undefined,
};
