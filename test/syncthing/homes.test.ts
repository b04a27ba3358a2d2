import { expect, test } from "vitest";
import type { Inventory, Node } from "../../src/inventory/inventory.ts";
import { familyOf, wishOf } from "../../src/syncthing/homes.ts";
import { mom } from "../facts/mom.ts";

const address = { host: "home.example.org", port: 2222, text: "home.example.org:2222" };
const nodes: Node[] = [
  { ...mom, name: "mom", engine: "syncthing", jump: "home" },
  { ...mom, name: "home", engine: "syncthing", addresses: [address], jump: undefined },
  { ...mom, name: "attic", engine: "btsync" },
];
const inventory: Pick<Inventory, "nodes" | "peers"> = { nodes, peers: { "work-laptop": "WORK" } };

test("the family is whose device ID is known, by the inventory's names, and its peers", () => {
  const { devices, unheard } = familyOf(
    inventory,
    { mom: "MOM", home: "HOME", laptop: "LAP", gone: "GONE" },
    { laptop: true, known: [] },
  );
  expect(devices).toEqual([
    { id: "MOM", name: "mom", addresses: ["dynamic"] },
    { id: "HOME", name: "home", addresses: ["tcp://home.example.org:22000", "dynamic"] },
    { id: "LAP", name: "laptop", addresses: [] },
    { id: "WORK", name: "work-laptop", addresses: [] },
  ]);
  expect(unheard).toEqual([]);
});

test("a home that was never heard keeps what it is paired with; one with another engine is none", () => {
  expect(familyOf(inventory, { mom: "MOM" }, { laptop: true, known: [] }).unheard).toEqual([
    "home",
    "laptop",
  ]);
});

test("a laptop that takes no part is neither wanted nor waited for", () => {
  const { devices, unheard } = familyOf(
    inventory,
    { mom: "MOM", home: "HOME", laptop: "LAP" },
    { laptop: false, known: [] },
  );
  expect(devices.map(({ name }) => name)).not.toContain("laptop");
  expect(unheard).toEqual([]);
});

test("a home is bound to its disk, and set to its board's memory", () => {
  const facts = {
    name: "mom",
    whose: "ours",
    tree: "/media/btsync/btsync",
    uuid: "1111-2222",
    fileSystem: "ext4",
    memoryTotal: 512 * 1024 ** 2,
    rates: { up: 900 * 1024, down: 0 },
  } as const;
  expect(wishOf(facts, familyOf(inventory, {}, { laptop: false, known: [] }))).toMatchObject({
    memory: "small",
    folder: { id: "pimesh", path: "/media/btsync/btsync", marker: ".stfolder/pimesh-1111-2222" },
    rates: { up: 900 * 1024 },
  });
});
