import type { EngineKind, Inventory, Node } from "../inventory/inventory.ts";
import { deviceAddresses } from "./device-addresses.ts";
import { memoryOf } from "./go-environment.ts";
import { markerOf, ourFolder } from "./our-folder.ts";
import type { Wish } from "./wish.ts";

/** What is known of one home for its wish. */
export interface HomeFacts {
  /** A node's name, or `laptop`. */
  readonly name: string;
  readonly whose: Wish["whose"];
  /** Absolute path of the tree there. */
  readonly tree: string;
  /** Names the file system that the tree lies on. */
  readonly uuid: string;
  readonly fileSystem: string;
  /** Bytes; undefined where it did not tell. */
  readonly memoryTotal: number | undefined;
  readonly rates: Wish["rates"];
}

/**
 * The family as the inventory has it, by device IDs: who is heard now, or was heard earlier. Homes without a known ID are `unheard`:
 * what is paired under their names stays. `laptop`: it may take part; one that has no Syncthing today is not put out for that. `known`: see
 * `Wish`.
 */
export function familyOf(
  inventory: Pick<Inventory, "nodes" | "peers">,
  ids: Readonly<Record<string, string>>,
  options: { readonly laptop: boolean; readonly known: readonly string[] },
): Pick<Wish, "devices" | "unheard" | "known"> {
  const engine: EngineKind = "syncthing";
  const homes: { name: string; node?: Node }[] = [
    ...inventory.nodes.filter((node) => node.engine === engine).map((node) => ({ name: node.name, node })),
    ...(options.laptop ? [{ name: "laptop" }] : []),
  ];
  const devices = homes.flatMap(({ name, node }) => {
    const id = ids[name];
    return id === undefined ? [] : [{ id, name, addresses: node ? deviceAddresses(node) : [] }];
  });
  const peers = Object.entries(inventory.peers).map(([name, id]) => ({ id, name, addresses: [] }));
  return {
    devices: [...devices, ...peers],
    unheard: homes.map(({ name }) => name).filter((name) => ids[name] === undefined),
    known: options.known,
  };
}

/** What the home's instance is to be. */
export function wishOf(home: HomeFacts, family: ReturnType<typeof familyOf>): Wish {
  const { name, whose, tree, uuid, fileSystem, memoryTotal, rates } = home;
  return {
    whose,
    name,
    folder: { ...ourFolder, path: tree, marker: markerOf(uuid), fileSystem },
    devices: family.devices,
    unheard: family.unheard,
    known: family.known,
    memory: memoryTotal === undefined ? "ordinary" : memoryOf(memoryTotal),
    rates,
  };
}
