import { PimeshError } from "../core/error.ts";
import type { Engine } from "../engine/engine.ts";
import { engines } from "../engine/engines.ts";
import { compileIgnoreFile, ignoreFilesOf, ignoreLines, newlyIgnored } from "../engine/ignore-file.ts";
import { treePath, type EngineKind, type Inventory, type Node } from "../inventory/inventory.ts";
import type { Scanned } from "../tree/entry.ts";
import type { Scan } from "../tree/scan.ts";
import type { DesiredFile, DesiredFolder } from "./desired.ts";
import type { Inspection } from "./inspection.ts";
import { aboveBlock, withManagedBlock } from "./managed-block.ts";

/** The engine's ignore file on a node, as it is to be; the user's own lines in it stay. */
export interface IgnoreChange {
  readonly folders: readonly DesiredFolder[];
  readonly file: DesiredFile;
  readonly before: Buffer;
  readonly changed: boolean;
}

/**
 * None where the node has no engine. Two where a disk has seen versions of one engine that keep their rules in different files:
 * which of them runs is not to be told from the outside, and the file that is not read does no harm.
 */
export function ignoreChanges(
  node: Node,
  inventory: Inventory,
  owner: string,
  inspection: Inspection,
): IgnoreChange[] {
  if (node.engine === false) return [];
  const engine = engines[node.engine];
  return ignoreFilePaths(node)
    .filter((path, index) => index === 0 || inspection.files.get(folderOf(path))?.kind === "folder")
    .map((path) => changeOf(path, { node, engine, inventory, owner, inspection }));
}

function changeOf(
  path: string,
  given: {
    readonly node: Node;
    readonly engine: Engine;
    readonly inventory: Inventory;
    readonly owner: string;
    readonly inspection: Inspection;
  },
): IgnoreChange {
  const { node, engine, inventory, owner, inspection } = given;
  const found = inspection.files.get(path);
  const before = found?.kind === "file" ? found.bytes : Buffer.alloc(0);
  if (!Buffer.from(before.toString("utf8"), "utf8").equals(before)) {
    throw new PimeshError("E-APPLY-FAILED", `${path} is not UTF-8 text, so its lines cannot be kept`, {
      node: node.name,
      hint: `save it as UTF-8 on ${node.name}, then provision again`,
    });
  }
  const text = withManagedBlock(
    before.toString("utf8"),
    ignoreLines(engine.kind, inventory.ignore),
    engine.comment,
  );
  const folder = folderOf(path);
  const why = `${engine.title} keeps its rules there`;
  return {
    folders: folder === treePath(node) ? [] : [{ resource: "ignore", path: folder, mode: "755", owner, why }],
    file: {
      resource: "ignore",
      path,
      text,
      mode: found?.kind === "file" ? found.mode : "644",
      owner: found?.kind === "file" ? found.owner : owner,
      why: `what ${engine.title} leaves out, from the inventory's ignore list`,
    },
    before,
    changed: text !== before.toString("utf8"),
  };
}

/** Where the rules of its engine may lie, absolute; first the one that is always there after a provision. */
export function ignoreFilePaths(node: Node): string[] {
  if (node.engine === false) return [];
  return ignoreFilesOf(node.engine).map((name) => `${treePath(node)}/${name}`);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/**
 * The lines that leave a doubt about what a change hides. What is included above our block decides before it, now as before: as long as
 * nothing changes there, it hides nothing anew, and the included files need not be read.
 */
function doubtful(unclear: readonly string[], kind: EngineKind, { before, file }: IgnoreChange): string[] {
  const { comment } = engines[kind];
  const above = aboveBlock(before.toString("utf8"), comment);
  const isSame = above === aboveBlock(file.text ?? "", comment);
  const included = new Set(isSame ? above.split("\n").map((line) => line.trim()) : []);
  return unclear.filter(
    (line) => !(line.startsWith("#include") && included.has(Buffer.from(line, "latin1").toString("utf8"))),
  );
}

/**
 * A file that an engine knows and that its rules hide from now on may be deleted at the other homes: classic btsync does
 * so. Refuses when the new rules hide anything that lies in the tree and was not hidden before. Throws E-IGNORE-DROPS.
 */
export async function guardIgnoreChange(node: Node, change: IgnoreChange, listing: Scan): Promise<void> {
  if (node.engine === false) return;
  const rules = newlyIgnored(
    compileIgnoreFile(node.engine, change.before),
    compileIgnoreFile(node.engine, Buffer.from(change.file.text ?? "", "utf8")),
  );
  const dropped: string[] = [];
  let count = 0;
  const unreadable: Scanned[] = [];
  for await (const batch of listing) {
    for (const entry of batch) {
      if (entry.kind === "unreadable") unreadable.push(entry);
      else if (rules.ignores(entry.path.toString("latin1"), entry.kind === "folder" ? "folder" : "other")) {
        count += 1;
        if (dropped.length < 5) dropped.push(JSON.stringify(entry.path.toString("utf8")));
      }
    }
  }
  const unclear = doubtful(rules.unclear, node.engine, change);
  const unseen = unreadable.length + (listing.late?.() ?? []).length;
  if (count === 0 && unclear.length === 0 && unseen === 0) return;
  const what =
    count === 0 && unseen > 0
      ? `${unseen} places in the tree cannot be read, so nobody can tell what the new ignore rules would hide there`
      : count === 0
        ? `nobody can tell what the new ignore rules hide, because of ${unclear.join(", ")}`
        : `the new ignore rules would hide ${count} files and folders that are in the tree now (${dropped.join(", ")}${count > dropped.length ? ", …" : ""}), and the engine may delete them at the other homes`;
  throw new PimeshError("E-IGNORE-DROPS", what, {
    node: node.name,
    hint: `take the pattern out of the inventory, or if it is meant so: pimesh provision ${node.name} --accept-ignore-change`,
  });
}
