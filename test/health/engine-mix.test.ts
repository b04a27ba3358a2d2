import { expect, test } from "vitest";
import { engineMixProblems } from "../../src/health/engine-mix.ts";
import type { EngineKind } from "../../src/inventory/inventory.ts";

type Kinds = readonly (readonly [string, EngineKind])[];

test.each<[string, Kinds, EngineKind | false, string | undefined]>([
  [
    "all run the same",
    [
      ["home", "syncthing"],
      ["mom", "syncthing"],
    ],
    "syncthing",
    undefined,
  ],
  [
    "it is with the most",
    [
      ["home", "syncthing"],
      ["mom", "syncthing"],
      ["grandma", "btsync"],
    ],
    "syncthing",
    undefined,
  ],
  [
    "it is alone",
    [
      ["home", "syncthing"],
      ["mom", "syncthing"],
      ["grandma", "btsync"],
    ],
    "btsync",
    "runs BitTorrent Sync, but home and mom run Syncthing: the two do not speak to each other, so nothing comes from there by itself",
  ],
  [
    "there are as many on both sides and it comes later",
    [
      ["home", "resilio"],
      ["mom", "syncthing"],
    ],
    "syncthing",
    "runs Syncthing, but home runs Resilio Sync: the two do not speak to each other, so nothing comes from there by itself",
  ],
  [
    "there are as many on both sides and it comes first",
    [
      ["home", "resilio"],
      ["mom", "syncthing"],
    ],
    "resilio",
    undefined,
  ],
  ["it has none", [["home", "resilio"]], false, undefined],
])("where %s", (_, kinds, engine, message) => {
  const family = kinds.map(([name, kind]) => ({ name, engine: kind }));
  const problems = engineMixProblems({ name: "mom", wanted: { swap: false, engine }, family });
  expect(problems.map((problem) => problem.message)).toEqual(message === undefined ? [] : [message]);
});
