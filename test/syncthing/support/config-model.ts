import {
  changedConfig,
  freshConfig as fresh,
  type Config as ModelConfig,
  type Version,
} from "../../../src/demo/stand-ins/syncthing/config-model.ts";
import type { Change } from "../../../src/syncthing/change.ts";
import { configAnswer, type Config } from "../../../src/syncthing/config-answer.ts";

export const self = "SELFAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA";

/** What a fresh instance said, of Debian's bookworm or trixie; its device ID is `self`. */
export function freshConfig(version: Version = "1.19.2"): Config {
  return configAnswer.parse(fresh(version, self));
}

/** What Syncthing makes of a call, by the demo's model of it. */
export function changed(config: Config, change: Change): Config {
  return configAnswer.parse(changedConfig(config as unknown as ModelConfig, change, self));
}
