import { PimeshError } from "../core/error.ts";
import { script, sh } from "../core/shell.ts";
import type { Connection, Stream } from "../ssh/connection.ts";
import { farEnd, farEndShell } from "./far-end.ts";
import { asciiJson, farEndRules } from "./far-end-rules.ts";
import type { Filter } from "./filter.ts";
import { findWords, type FindActions } from "./find-rules.ts";

/** A tree on a node and how to get at it. */
export interface NodeTree {
  readonly connection: Connection;
  /** Absolute path of the tree on the node. */
  readonly tree: string;
  /** Mount point of the disk: nothing is read unless it is mounted. undefined where the tree needs no disk. */
  readonly mount: string | undefined;
  readonly filter: Filter;
  /** Asked once, when the tree has to be listed. */
  readonly tools: () => Promise<NodeTools>;
  /** The engine's ignore files, relative to the tree: what they hold comes along, one behind the other. */
  readonly ignoreFiles?: readonly string[];
  /** Lists the regular files alone whose name has this in it, and what could not be read. Neither a pattern's character nor a quote. */
  readonly namesWith?: string;
  readonly signal?: AbortSignal;
}

/** What a node has to walk a tree with. */
export interface NodeTools {
  /** `gnu`: find has -printf. `busybox`: it has not, but a stat that knows -c, and xargs -0. */
  readonly find: "gnu" | "busybox" | "absent";
  /** python3, 3.5 or newer. */
  readonly python: boolean;
  /** sort has -z. */
  readonly sortZ: boolean;
  readonly gzip: boolean;
}

export type Lister = "gnu" | "python" | "busybox";

/** GNU find first, because it is everywhere on Debian; busybox last, because it asks `stat` and is slow. */
export function listerOf(node: string, tools: NodeTools): Lister {
  if (tools.find === "gnu") return "gnu";
  if (tools.python) return "python";
  if (tools.find === "busybox") return "busybox";
  throw new PimeshError("E-NO-LISTER", "neither a find that can tell sizes and times nor python3 is there", {
    node,
    hint: "install python3 or findutils on it",
  });
}

/** Starts the walk. A silent quarter of an hour is a disk that hangs, not a long walk: sorting is the longest pause. */
export async function startWalk(from: NodeTree, action: "list" | "count"): Promise<Stream> {
  const tools = await from.tools();
  const lister = listerOf(from.connection.node, tools);
  const order = lister === "python" ? "none" : action === "count" ? "awk" : tools.sortZ ? "sort" : "none";
  const pack = action === "list" && tools.gzip ? "gzip" : "none";
  const values = script(
    sh`tree=${from.tree} mount=${mountsSpelling(from.mount ?? "")} ignore_files=${(from.ignoreFiles ?? []).join(" ")}`,
    sh`action=${action} lister=${lister} order=${order} pack=${pack}`,
    sh`program=${order === "awk" ? farEnd("count.awk") : ""}`,
    sh`describe=${lister === "busybox" ? farEnd("describe.sh") : ""}`,
  );
  const words =
    lister === "python"
      ? [pythonArgument(from, action)]
      : findWords(from.filter, actionsOf(from, lister, action));
  return from.connection.stream(
    script(values, sh`set -- ${words}`, farEndShell("tree.sh"), farEndShell("walk.sh")),
    {
      // Root where that needs no password, so that no folder is closed to us
      as: "free-root",
      silenceMs: 15 * 60_000,
      ...(lister === "python" ? { stdin: Buffer.from(farEnd("walk.py", "list.py")) } : {}),
      ...(from.signal ? { signal: from.signal } : {}),
    },
  );
}

/** Does the walk's answer come in the order of paths? */
export function comesSorted(node: string, tools: NodeTools): boolean {
  return listerOf(node, tools) === "python" || tools.sortZ;
}

/** Turns the first word of an answer into the error that it stands for. */
export function checkStart(from: NodeTree, status: string): void {
  const node = from.connection.node;
  if (status === "ok") return;
  if (status === "not-mounted") {
    throw new PimeshError(
      "E-DISK-NOT-MOUNTED",
      `no disk is mounted at ${from.mount}: its files were not looked at`,
      { node, hint: `pimesh status ${node}` },
    );
  }
  if (status === "no-tree") {
    throw new PimeshError("E-TREE-ABSENT", `there is no folder ${from.tree}`, {
      node,
      hint: `pimesh provision ${node} --dry-run`,
    });
  }
  if (status === "no-entry") {
    throw new PimeshError("E-SCAN-FAILED", `the folder ${from.tree} may not be entered`, {
      node,
      hint: `pimesh exec ${node} -- ls -ld ${from.tree}`,
    });
  }
  throw new PimeshError("E-SCAN-FAILED", "the walk of the tree did not start", { node });
}

/** The last words of an answer: was it whole, and was it the disk's all the time? */
export function checkEnd(from: NodeTree, mounted: string | undefined, end: string | undefined): void {
  const node = from.connection.node;
  if (mounted === "lost") {
    throw new PimeshError("E-DISK-NOT-MOUNTED", `the disk at ${from.mount} left while its files were read`, {
      node,
      hint: `pimesh status ${node}`,
    });
  }
  if (mounted !== "mounted" || end !== "end") {
    throw new PimeshError("E-SCAN-FAILED", "the answer about the tree was cut off", {
      node,
      hint: "run the command again",
    });
  }
}

/** The kernel writes blank, tab, newline and backslash of a mount point in octal: proc(5), fstab(5). */
export function mountsSpelling(path: string): string {
  return path.replaceAll(/[ \t\n\\]/g, (character) => {
    return `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}

// Backslash escapes here are find's own.
const closed = ["-type", "d", "!", "(", "-readable", "-executable", ")"];
const unreadable = [...closed, "-printf", String.raw`u 0 0 EACCES/%P\0`, "-prune", "-o"];
const told = ["-printf", String.raw`%y %s %T@/%P\0`];
const findActions = {
  gnu: {
    list: {
      inFlight: ["-printf", String.raw`i 0 0/%P\0`],
      entry: [...unreadable, "-type", "l", "-printf", String.raw`l %s %T@/%P\1%l\0`, "-o", ...told],
    },
    count: {
      inFlight: ["-printf", String.raw`i 0 0\n`],
      entry: [...closed, "-printf", String.raw`u 0 0\n`, "-prune", "-o", "-printf", String.raw`%y %s %T@\n`],
    },
  },
  // What it has found is looked at behind a pipe, in flight or not.
  busybox: {
    list: { inFlight: ["-print0"], entry: ["-print0"] },
    count: { inFlight: ["-print0"], entry: ["-print0"] },
  },
};

function actionsOf(
  { namesWith }: NodeTree,
  lister: keyof typeof findActions,
  action: "list" | "count",
): FindActions {
  const { inFlight, entry } = findActions[lister][action];
  if (namesWith === undefined) return { inFlight, entry };
  const only = ["-type", "f", "-name", `*${namesWith}*`];
  return { inFlight, entry: lister === "gnu" ? [...unreadable, ...only, ...told] : [...only, ...entry] };
}

function pythonArgument({ filter, namesWith }: NodeTree, action: "list" | "count"): string {
  return asciiJson({ action, namesWith: namesWith ?? "", rules: farEndRules(filter) });
}
