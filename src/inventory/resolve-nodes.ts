import type { Node, Swap } from "./inventory.ts";
import { nodeNameProblem } from "./names.ts";
import { isMapping, readMapping, wrongType, type Reader } from "./read-mapping.ts";
import { readDefaultEngine, readEngine, resolveEngine, type ResolvedEngine } from "./resolve-engine.ts";
import type { Schema } from "./schema.ts";

/** The keys of a node or of the defaults that were in order. */
type NodeKeys = NonNullable<ReturnType<typeof readMapping<Schema["node"]["shape"]>>>;

/**
 * Every node laid over the defaults: `disk`, `swap` and `engine` merge key by key, everything else of a node, lists too,
 * replaces the default.
 */
export function resolveNodes(schema: Schema, value: unknown, defaults: NodeKeys, to: Reader): Node[] {
  const purpose = "it holds a name and an address for each Pi";
  if (value === undefined) {
    // Written, but not readable: said already.
    if (!to.tree.has(["nodes"])) to.complain(["nodes"], "key", `is missing; ${purpose}`);
    return [];
  }
  if (value === null || (isMapping(value) && Object.keys(value).length === 0)) {
    to.complain(["nodes"], "key", `is empty; ${purpose}`);
    return [];
  }
  if (!isMapping(value)) {
    to.complain(["nodes"], "value", wrongType("object", value));
    return [];
  }
  const commonEngine = readDefaultEngine(schema, defaults.engine, to);
  return to.tree.keys(["nodes"]).map((name) => {
    const content = value[name];
    const problem = nodeNameProblem(name);
    if (problem !== undefined) to.complain(["nodes", name], "key", problem);
    // `mom:` with nothing behind it takes everything from the defaults.
    const keys = readMapping(schema.node, content === null ? {} : content, ["nodes", name], to);
    if (keys !== undefined && !isGiven(name, ["address"], to)) {
      to.complain(["nodes", name, "address"], "key", "is missing");
    }
    const engine = resolveEngine(
      name,
      readEngine(schema, keys?.engine, ["nodes", name, "engine"], to),
      commonEngine,
      to,
    );
    return { ...resolveNode(name, keys ?? {}, defaults, to), ...engine };
  });
}

function resolveNode(
  name: string,
  own: NodeKeys,
  defaults: NodeKeys,
  to: Reader,
): Omit<Node, keyof ResolvedEngine> {
  const all = { ...defaults, ...present(own) };
  const disk = { ...defaults.disk, ...own.disk };
  return {
    name,
    addresses: all.address ?? [],
    user: all.user,
    jump: all.jump === false ? undefined : all.jump,
    identityFiles: all.identity ?? [],
    sudoPasswordFile: all.sudo_password_file === false ? undefined : all.sudo_password_file,
    disk: { label: disk.label ?? "btsync", mount: disk.mount ?? "/media/btsync" },
    tree: all.tree ?? "btsync",
    folders: withParents(all.folders ?? []),
    swap: resolveSwap(name, own.swap, defaults.swap, to),
    player: all.player ?? "kodi",
  };
}

/** A node that asks for anything about swap takes it back from a `swap: false` of the defaults. */
function resolveSwap(
  name: string,
  own: NodeKeys["swap"],
  common: NodeKeys["swap"],
  to: Reader,
): Swap | false {
  const layers = { ...(common === false ? undefined : common), ...(own === false ? undefined : own) };
  if (own === false || (own ?? common ?? false) === false) return false;
  if (layers.size === undefined) {
    const from = to.tree.has(["nodes", name, "swap"]) ? ["nodes", name] : ["defaults"];
    if (!isGiven(name, ["swap", "size"], to))
      to.complain([...from, "swap", "size"], "key", "is missing, such as 4GiB");
    return false;
  }
  return {
    bytes: layers.size,
    policy: layers.policy ?? "isolated",
    require: layers.require ?? "auto",
    ...(layers.threshold === undefined ? {} : { threshold: layers.threshold }),
  };
}

/** Is the key written, right or wrong, at the node or in the defaults? */
function isGiven(name: string, key: readonly string[], to: Reader): boolean {
  return to.tree.has(["nodes", name, ...key]) || to.tree.has(["defaults", ...key]);
}

/** A value that was not in order is undefined, and must not hide the default. */
function present(keys: NodeKeys): NodeKeys {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as NodeKeys;
}

/** Parents first, so that whoever makes them in order never lacks one. */
function withParents(folders: readonly string[]): string[] {
  const all = folders.flatMap((folder) => {
    const parts = folder.split("/");
    return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  });
  return [...new Set(all)];
}
