import { expect, test } from "vitest";
import type { Node } from "../../src/inventory/inventory.ts";
import { quietLines } from "../../src/report/quiet-lines.ts";
import { mom } from "../facts/mom.ts";

const nodes: Node[] = [mom, { ...mom, name: "home" }, { ...mom, name: "attic", engine: "btsync" }];
const laptop = { tree: "/home/ann/btsync", folders: {}, engine: false } as const;

test.each([
  [
    "a run over all",
    { laptop, nodes },
    ["mom", "home", "attic"],
    ["while the ignore rules change, the Syncthing of mom, home is paused, as far as it can be reached"],
  ],
  [
    "a run that leaves one out",
    { laptop: { ...laptop, engine: "syncthing" as const }, nodes },
    ["mom"],
    [
      "while the ignore rules change, the Syncthing of mom, home, laptop is paused, as far as it can be reached",
      "home keeps its rules; to have the same everywhere: pimesh provision --all",
    ],
  ],
])("%s", (_, inventory, named, lines) => {
  expect(quietLines(inventory, named).map(({ text }) => text)).toEqual(lines);
});
