import { treePath, type Node } from "../inventory/inventory.ts";
import type { FolderKey } from "./folder-key.ts";
import { isJsonObject, parseLenientJson, type Json, type JsonObject } from "./lenient-json.ts";

/**
 * The configuration of btsync 1.x and of Resilio, which is of the same shape.
 *
 * The folder stands in it with its key, and that switches the web interface off. The other way would be an engine that is
 * set up over HTTP, with the key in a URL and a password to keep, and a folder that is not in it before it has run: such a
 * setup cannot be shown before it is done, nor be compared afterwards. What is lost is status over HTTP; the process, its
 * log and the tree's own counts say how it does.
 */
export interface BtsyncConfig {
  /** Strict JSON. It holds the key: for a file of mode 0600, and never to be shown. */
  readonly text: string;
  /** What a person has to know beyond the difference of the texts, of which the key must not be shown. */
  readonly remarks: readonly string[];
}

/** A node whose engine knows its folder by a key. */
export type KeyNode = Node & { readonly engine: "btsync" | "resilio" };

/**
 * What the engine of this node is to have, laid over what it has (undefined: nothing yet). Kept is all that is not ours:
 * other folders, keys that pimesh knows nothing of, and the user's own choice where it is a matter of taste. Comments go.
 * The problem is one of the text that is there, and never repeats it.
 */
export function btsyncConfig(
  node: KeyNode,
  key: FolderKey,
  before: string | undefined,
): BtsyncConfig | { readonly problem: string } {
  const parsed = before === undefined ? { value: {} } : parseLenientJson(before);
  if ("problem" in parsed) return parsed;
  const { webui, shared_folders: shared = [], ...others } = parsed.value;
  if (!isFolderList(shared)) return { problem: "holds a shared_folders that is no list of folders" };
  const folders = withOurFolder(shared, node, key);
  const storage = storageOf(node, others);
  const config = {
    ...taste(node, storage.path),
    ...others,
    ...settings(node, others, storage.path),
    shared_folders: folders.list,
  };
  const hadInterface = isJsonObject(webui) && webui["listen"] !== undefined && webui["listen"] !== "";
  return {
    text: `${JSON.stringify(config, null, 2)}\n`,
    remarks: [
      ...(hadInterface && shared.length === 0
        ? ["its web interface goes off, and folders that were added there are no longer synced by it"]
        : []),
      ...storage.remarks,
      ...folders.remarks,
    ],
  };
}

/**
 * A text of configuration, whatever it is, with the value of each key and password made unreadable, to be shown; also what looks
 * like a folder's key anywhere else, as in a comment.
 */
export function maskedConfig(text: string): string {
  return text
    .replaceAll(
      /("(?:[^"\\\n]|\\.)*(?:secret|pass|key)(?:[^"\\\n]|\\.)*"\s*:\s*)"(?:[^"\\\n]|\\.)*"/gi,
      '$1"***"',
    )
    .replaceAll(/\b[A-Z][A-Z2-7]{31,}\b/g, "***");
}

/** Days that a deleted or replaced file stays in the archive, at least. */
const archiveDays = 30;

/** For a Pi; a value that is there already stays. */
function taste({ engine, engineSettings }: KeyNode, storage: string): JsonObject {
  const vendors = engine === "resilio" && engineSettings.binary === undefined;
  return {
    // The vendor's unit waits for this very file; a unit of ours waits for none.
    pid_file: vendors ? "/var/run/resilio-sync/sync.pid" : `${storage}/sync.pid`,
    listening_port: 0,
    // A family's router is not ours to open.
    use_upnp: false,
    // It would replace a binary whose hash is recorded. Later versions have no such key.
    ...(engine === "btsync" ? { check_for_updates: false } : {}),
    disk_low_priority: true,
    lan_encrypt_data: true,
  };
}

/** Whatever was there before: what the node is, and what keeps its files. */
function settings(node: KeyNode, before: JsonObject, storage: string): JsonObject {
  const { upload, download } = node.engineSettings;
  return {
    device_name: node.name,
    storage_path: storage,
    upload_limit: kilobytes(upload),
    download_limit: kilobytes(download),
    // 0 would be never, not even at the start.
    folder_rescan_interval: atLeast(1, before["folder_rescan_interval"]) ?? 600,
    // A longer time is kept. Of 0 nobody has written down whether it means "for ever" or "at once".
    sync_trash_ttl: atLeast(archiveDays, before["sync_trash_ttl"]) ?? archiveDays,
  };
}

/**
 * Where the engine keeps its database and log: on the disk, so that without the disk it knows of no folder, and outside of
 * the tree. A place of the user's that is both stays, because a new database has everything read anew.
 */
function storageOf(
  node: KeyNode,
  { storage_path: before }: JsonObject,
): { readonly path: string; readonly remarks: readonly string[] } {
  const own = `${node.disk.mount}/.pimesh/${node.engine}`;
  if (typeof before !== "string" || before === "") return { path: own, remarks: [] };
  const path = pathOf(before) ?? own;
  const isOnDisk =
    isWithin(path, node.disk.mount) && path !== node.disk.mount && !path.split("/").includes("..");
  if (isOnDisk && !isWithin(path, treePath(node))) return { path: before, remarks: [] };
  return { path: own, remarks: [`its database moves to ${own}: it reads the whole tree once more`] };
}

function isWithin(path: string, folder: string): boolean {
  return `${path}/`.startsWith(`${folder}/`);
}

/** kB/s, 0 for none; rounded down, so that it holds whether a kB is 1000 or 1024 bytes. */
function kilobytes(rate: number | undefined): number {
  return rate === undefined ? 0 : Math.max(1, Math.floor(rate / 1024));
}

/** A number, or one in quotes as the samples have it, as it stands. */
function atLeast(least: number, value: Json | undefined): Json | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && number >= least ? value : undefined;
}

function withOurFolder(
  shared: readonly JsonObject[],
  node: KeyNode,
  key: FolderKey,
): { readonly list: readonly JsonObject[]; readonly remarks: readonly string[] } {
  const dir = treePath(node);
  const isHere = (folder: JsonObject): boolean => pathOf(folder["dir"]) === dir;
  const isOurs = (folder: JsonObject): boolean => isHere(folder) || folder["secret"] === key.reveal();
  const here = shared.find(isHere) ?? shared.find(isOurs);
  const ours = {
    ...(node.engine === "btsync" ? { use_dht: false } : { selective_sync: false }),
    use_relay_server: true,
    use_tracker: true,
    search_lan: true,
    ...here,
    secret: key.reveal(),
    dir,
    use_sync_trash: true,
  };
  const remarks: string[] = [];
  if (here !== undefined && here["secret"] !== key.reveal()) {
    remarks.push(`${dir} has another key than before: it is another folder to the other homes`);
  }
  for (const folder of shared.filter((other) => isOurs(other) && !isHere(other))) {
    remarks.push(`the same folder is no longer synced at ${pathOf(folder["dir"]) ?? "its former place"}`);
  }
  // One engine has a folder once; where ours stood it stays.
  const first = shared.findIndex(isOurs);
  const list = shared.flatMap((folder, index) =>
    !isOurs(folder) ? [folder] : index === first ? [ours] : [],
  );
  return { list: first < 0 ? [...list, ours] : list, remarks };
}

function isFolderList(value: Json): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every((each: Json) => isJsonObject(each));
}

function pathOf(dir: Json | undefined): string | undefined {
  return typeof dir === "string" ? dir.replace(/(?<=.)\/+$/, "") : undefined;
}
