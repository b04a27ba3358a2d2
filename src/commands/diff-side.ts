import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { engines } from "../engine/engines.ts";
import { extraRules, hidesNothing, type FileRules } from "../engine/ignore-file.ts";
import type { EngineKind, Inventory, Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Hasher } from "../tree/content-verdicts.ts";
import { farSide } from "../tree/far-side.ts";
import { fileSystemOf } from "../tree/file-system.ts";
import { makeFilter } from "../tree/filter.ts";
import { hashLaptop } from "../tree/hash-laptop.ts";
import { hashNode } from "../tree/hash-node.ts";
import { laptopFarSide } from "../tree/laptop-far-side.ts";
import { guardLaptopTree } from "../tree/laptop-guard.ts";
import { nodeTree } from "../tree/node-tree.ts";
import { listerOf } from "../tree/node-walk.ts";
import type { Hashing } from "../tree/reconcile/fingerprint.ts";
import { localSide } from "../tree/reconcile/local-side.ts";
import type { TreeSide } from "../tree/reconcile/side.ts";
import { scanLaptop } from "../tree/scan-laptop.ts";
import { scanNode } from "../tree/scan-node.ts";
import type { Scan } from "../tree/scan.ts";
import type { Context } from "./context.ts";

/** One side of a diff: the laptop's tree or a node's. It is either listed, by `scan`, or asked. */
export interface DiffSide {
  readonly name: string;
  readonly scan: Scan;
  /** As a side of a reconciliation; undefined where that is not possible. */
  readonly asked: (hashing: Hashing, onHashed?: (bytes: number) => void) => Promise<AskedSide | undefined>;
  /** Has this side rules of its own, beyond the inventory's? To be asked like `hides`. */
  readonly hasOwnRules: () => boolean;
  readonly hash: Hasher;
  /** Does this side's own ignore file hide it? To be asked once the scan has begun. `path` is latin1. */
  readonly hides: (path: string, kind: "folder" | "other") => boolean;
  /** What the user should know about this side's rules; complete when the scan has ended. */
  readonly notes: () => readonly string[];
  /** To be asked once it has been read. */
  readonly where: () => string;
  /** What lists it, on a node. */
  readonly lister?: () => Promise<string>;
}

export interface AskedSide {
  readonly side: TreeSide;
  /** Bytes over the wire so far, the program included; undefined where there is none. */
  readonly traffic: (() => { readonly sent: number; readonly received: number }) | undefined;
  /** The node's clock, in seconds since the epoch, where its index is read. */
  readonly now: number | undefined;
  /** Once the side is closed: throws unless the disk was there all the time. */
  readonly finish: () => Promise<void>;
}

/** Throws E-LAPTOP-TREE unless the tree is the one that was pinned. */
export async function laptopSide(context: Context, inventory: Inventory, accept: boolean): Promise<DiffSide> {
  const { laptop, ignore } = inventory;
  await guardLaptopTree({ stateFolder: context.stateFolder, laptop, on: accept ? "accept" : "check" });
  const rules = await laptopRules(laptop.tree, ignore);
  const filter = makeFilter({ ignore });
  const { tree, folders } = laptop;
  const scan = scanLaptop({ tree, folders, filter, signal: context.signal });
  const hash = hashLaptop({ tree: laptop.tree, folders: laptop.folders, signal: context.signal });
  return {
    name: "laptop",
    scan,
    async asked(hashing, onHashed) {
      const byPython =
        onHashed === undefined && Object.keys(folders).length === 0
          ? await laptopFarSide({
              tree,
              filter,
              hashing,
              signal: context.signal,
              onProgress: (entries) => void (scan.progress.entries = entries),
            })
          : undefined;
      const reader = onHashed && {
        hash,
        onHashed,
        place: await placeOf([tree, ...Object.values(folders)]),
      };
      return {
        side: byPython ?? localSide("laptop", scan, hashing, reader),
        traffic: undefined,
        now: undefined,
        finish: async () => {},
      };
    },
    hasOwnRules: () => rules.some((one) => one.rules !== hidesNothing),
    hash,
    hides: (path, kind) => rules.some((one) => one.rules.ignores(path, kind)),
    notes: () => rules.flatMap(({ file, rules: { unclear } }) => unclearNote(file, unclear)),
    where: () => `${laptop.tree}, read here`,
  };
}

/** Names the trees and the disks that they lie on. */
async function placeOf(paths: readonly string[]): Promise<string> {
  return JSON.stringify(await Promise.all(paths.map(async (path) => [path, await fileSystemOf(path)])));
}

export function nodeSide(
  connection: Connection,
  node: Node,
  inventory: Inventory,
  signal: AbortSignal,
  source: "tree" | "index",
  namesWith?: string,
): DiffSide {
  const whole = nodeTree(connection, node, { ignore: inventory.ignore, signal });
  const tree = namesWith === undefined ? whole : { ...whole, namesWith };
  const scan = scanNode(tree);
  let ignoreText = scan.ignoreText;
  let rules: FileRules | undefined;
  let readAs = "";
  const ownRules = (): FileRules | undefined => {
    if (node.engine === false) return undefined;
    return (rules ??= extraRules(node.engine, ignoreText(), inventory.ignore));
  };
  return {
    name: node.name,
    scan,
    async asked(hashing, onHashed) {
      const far = await farSide(tree, hashing, {
        source,
        onProgress: (entries) => void (scan.progress.entries = entries),
        ...(onHashed ? { onHashed } : {}),
      });
      if (far === undefined) return undefined;
      ignoreText = () => far.ignoreText;
      readAs = ` as ${far.as}`;
      return {
        side: far,
        traffic: () => ({ sent: far.traffic.sent + far.programBytes, received: far.traffic.received }),
        now: far.now,
        finish: async () => far.finish(),
      };
    },
    hasOwnRules: () => (ownRules() ?? hidesNothing) !== hidesNothing,
    hash: hashNode(tree),
    hides: (path, kind) => ownRules()?.ignores(path, kind) ?? false,
    notes: () =>
      tree.ignoreFiles === undefined
        ? []
        : unclearNote(tree.ignoreFiles.join(" or "), ownRules()?.unclear ?? []),
    where: () => `${tree.tree}${readAs} over ${connection.address}`,
    lister: async () => listerNames[listerOf(node.name, await tree.tools())],
  };
}

const listerNames = { gnu: "find", python: "python3", busybox: "busybox find" };

/** The laptop's engine is not in the inventory: whatever ignore files lie there are taken at their word. */
async function laptopRules(
  tree: string,
  ignore: readonly string[],
): Promise<{ file: string; rules: FileRules }[]> {
  const found: { file: string; rules: FileRules }[] = [];
  for (const kind of Object.keys(engines) as EngineKind[]) {
    const file = engines[kind].ignoreFile;
    const bytes = await readFile(join(tree, file)).catch(() => undefined);
    if (bytes) found.push({ file, rules: extraRules(kind, bytes, ignore) });
  }
  return found;
}

function unclearNote(file: string, unclear: readonly string[]): string[] {
  if (unclear.length === 0) return [];
  const lines = unclear.map((line) => JSON.stringify(Buffer.from(line, "latin1").toString())).join(", ");
  return [`what ${file} hides cannot be told for certain: ${lines}`];
}
