import { posix } from "node:path";
import { PimeshError } from "../core/error.ts";
import { ignoreFilesOf } from "../engine/ignore-file.ts";
import { treePath, type Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import { farEndShell } from "./far-end.ts";
import { makeFilter, type Filter } from "./filter.ts";
import type { NodeTools, NodeTree } from "./node-walk.ts";

/** A node's synced folder, ready to be looked at. `ignore`: the patterns to leave out, as a rule the inventory's. */
export function nodeTree(
  connection: Connection,
  node: Node,
  options: { readonly ignore: readonly string[]; readonly signal?: AbortSignal },
): NodeTree {
  let tools: Promise<NodeTools> | undefined;
  return {
    connection,
    tree: treePath(node),
    mount: node.disk.mount,
    filter: nodeFilter(node, options.ignore),
    tools: async () => (tools ??= askTools(connection, options.signal)),
    ...(node.engine === false ? {} : { ignoreFiles: ignoreFilesOf(node.engine) }),
    ...(options.signal ? { signal: options.signal } : {}),
  };
}

/** What of a node's synced folder counts; `ignore` as for `nodeTree`. */
export function nodeFilter(node: Node, ignore: readonly string[]): Filter {
  return makeFilter({ ignore, outside: ownPaths(node) });
}

export async function askTools(connection: Connection, signal?: AbortSignal): Promise<NodeTools> {
  const { stdout } = await connection.run(farEndShell("tools.sh"), signal ? { signal } : {});
  const line = stdout.toString().trim();
  const match = /^find=(gnu|busybox|absent) python=(yes|no) sort_z=(yes|no) gzip=(yes|no)$/.exec(line);
  if (!match) {
    throw new PimeshError("E-SCAN-FAILED", "it does not say what it can list files with", {
      node: connection.node,
      hint: "pimesh status",
    });
  }
  const [, find, python, sortZ, gzip] = match;
  return {
    find: find as NodeTools["find"],
    python: python === "yes",
    sortZ: sortZ === "yes",
    gzip: gzip === "yes",
  };
}

/** Ours and the file system's, should the tree be the whole disk: they lie at the disk's root, beside the tree. */
function ownPaths(node: Node): string[] {
  const tree = posix.normalize(`${treePath(node)}/`);
  return ["swapfile", ".pimesh", "lost+found"]
    .map((name) => posix.join(node.disk.mount, name))
    .filter((path) => path.startsWith(tree))
    .map((path) => path.slice(tree.length));
}
