import { dirname } from "node:path";
import { checkAddresses, checkFolders, checkJumps, checkTwice } from "./cross-checks.ts";
import type { Inventory, Laptop } from "./inventory.ts";
import type { Surroundings } from "./laptop-path.ts";
import { peerNameProblem } from "./names.ts";
import { folderProblem } from "./node-path.ts";
import { isMapping, readMapping, readValue, wrongType, type Reader } from "./read-mapping.ts";
import { resolveNodes } from "./resolve-nodes.ts";
import { inventorySchema, type Schema } from "./schema.ts";

/**
 * The inventory that a document describes: values checked one by one, each node laid over the defaults, then what must
 * hold between them. Everything wrong goes to `to`; the result counts only when nothing was.
 */
export function resolveInventory(path: string, surroundings: Surroundings, to: Reader): Inventory {
  const schema = inventorySchema(surroundings, dirname(path));
  const top = readMapping(schema.top, to.tree.value, [], to);
  if (top === undefined) return { path, laptop: { tree: "", folders: {} }, nodes: [], ignore: [], peers: {} };
  const laptop = resolveLaptop(schema, top.laptop, to);
  const defaults = readMapping(schema.node, top.defaults ?? {}, ["defaults"], to) ?? {};
  const nodes = resolveNodes(schema, top.nodes, defaults, to);
  const names = nodes.map(({ name }) => name);
  checkJumps(nodes, to);
  checkAddresses(nodes, to);
  checkFolders(names, laptop, to);
  const ignore = readValue(schema.ignore, top.ignore ?? [], ["ignore"], to) ?? [];
  checkTwice(ignore, (index) => ["ignore", index], to, "as patterns");
  return { path, laptop, nodes, ignore, peers: resolvePeers(schema, top.peers, names, to) };
}

function resolveLaptop(schema: Schema, value: unknown, to: Reader): Laptop {
  if (value === undefined || value === null) {
    // Written, but not readable: said already.
    if (value === null) to.complain(["laptop"], "key", "is empty; it needs at least tree: ~/btsync");
    else if (!to.tree.has(["laptop"])) {
      to.complain(["laptop"], "key", "is missing; it needs at least tree: ~/btsync");
    }
    return { tree: "", folders: {} };
  }
  const keys = readMapping(schema.laptop, value, ["laptop"], to);
  if (keys !== undefined && !to.tree.has(["laptop", "tree"])) {
    to.complain(["laptop", "tree"], "key", "is missing: the synced folder on this machine");
  }
  const tree = keys?.tree ?? "";
  const folders = resolveLaptopFolders(schema, keys?.folders, tree, to);
  return { tree, folders, ...(keys?.engine === undefined ? {} : { engine: keys.engine }) };
}

function resolveLaptopFolders(schema: Schema, value: unknown, tree: string, to: Reader): Laptop["folders"] {
  const folders = new Map<string, string>();
  for (const [name, content] of entriesOf(value, ["laptop", "folders"], to)) {
    const place = ["laptop", "folders", name];
    const problem = name.includes("/") ? "holds a /; it is one folder of the tree" : folderProblem(name);
    if (problem !== undefined) to.complain(place, "key", problem);
    const folder = readValue(schema.laptopFolder, content, place, to);
    if (folder === undefined) continue;
    const twin = [...folders].find(([, other]) => overlap(folder, other));
    if (twin) to.complain(place, "value", `overlaps laptop.folders.${twin[0]}: its files would count twice`);
    else if (overlap(folder, tree))
      to.complain(place, "value", "overlaps laptop.tree: its files would count twice");
    folders.set(name, folder);
  }
  return Object.fromEntries(folders);
}

/** Is one of the two folders the other, or inside it? An empty path is one that could not be read. */
function overlap(left: string, right: string): boolean {
  if (left === "" || right === "") return false;
  return within(left, right) || within(right, left);
}

function within(inner: string, outer: string): boolean {
  return `${inner}/`.startsWith(outer === "/" ? outer : `${outer}/`);
}

function resolvePeers(
  schema: Schema,
  value: unknown,
  nodes: readonly string[],
  to: Reader,
): Inventory["peers"] {
  const peers = new Map<string, string>();
  for (const [name, content] of entriesOf(value, ["peers"], to)) {
    const place = ["peers", name];
    const problem = peerNameProblem(name);
    if (problem !== undefined) to.complain(place, "key", problem);
    else if (name === "laptop" || nodes.includes(name)) {
      to.complain(place, "key", "is no other device: this inventory has it already");
    }
    const id = readValue(schema.peer, content, place, to);
    if (id === undefined) continue;
    const twin = [...peers].find(([, other]) => other === id);
    if (twin) to.complain(place, "value", `is the device ID of ${twin[0]} too`);
    peers.set(name, id);
  }
  return Object.fromEntries(peers);
}

/** The keys of a mapping whose names are the user's own. A key with nothing behind it is an empty mapping. */
function entriesOf(value: unknown, path: string[], to: Reader): [string, unknown][] {
  if (value === undefined || value === null) return [];
  if (isMapping(value)) return Object.entries(value).filter(([, content]) => content !== undefined);
  to.complain(path, "value", wrongType("object", value));
  return [];
}
