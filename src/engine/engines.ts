import type { EngineKind } from "../inventory/inventory.ts";
import type { Engine } from "./engine.ts";
import { btsync } from "./kinds/btsync.ts";
import { resilio } from "./kinds/resilio.ts";
import { syncthing } from "./kinds/syncthing.ts";

export const engines: Readonly<Record<EngineKind, Engine>> = { syncthing, resilio, btsync };
