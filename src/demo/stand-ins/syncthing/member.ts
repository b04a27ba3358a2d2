import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config, Values, Version } from "./config-model.ts";
import { itemsIn, newestOf, type Items } from "./items.ts";

/** One home's Syncthing while it runs. */
export interface Member {
  /** For whoever sets the stage. */
  readonly name: string;
  readonly id: string;
  readonly version: Version;
  /** What it takes `~` for. */
  readonly tilde: string;
  /** Where a path of its configuration really lies. */
  readonly placeOf: (path: string) => string;
  config: Config;
  /** When it was last connected to whom, by device ID: milliseconds since the epoch. */
  readonly seen: Map<string, number>;
  /** What the others have said that they hold, by folder and device ID. */
  readonly heard: Map<string, Items>;
  /** What it found when it last looked, by folder. */
  readonly found: Map<string, Items>;
}

/** Everybody who runs. */
export type Family = Set<Member>;

export interface Folder {
  readonly id: string;
  readonly label: string;
  /** Where it really lies. */
  readonly place: string;
  readonly path: string;
  readonly paused: boolean;
  readonly markerName: string;
  /** Device IDs. */
  readonly members: ReadonlySet<string>;
}

export function foldersOf(member: Member): Folder[] {
  return member.config.folders.map((folder) => {
    const path = String(folder["path"]);
    return {
      id: String(folder["id"]),
      label: String(folder["label"]),
      path,
      place: member.placeOf(path),
      paused: folder["paused"] === true,
      markerName: String(folder["markerName"]),
      members: new Set((folder["devices"] as Values[]).map(({ deviceID }) => String(deviceID))),
    };
  });
}

export function folderOf(member: Member, id: string): Folder | undefined {
  return foldersOf(member).find((folder) => folder.id === id);
}

/** Looks at the folder anew; a text is why it cannot: Syncthing's own words of 1.19.2. */
export function look(member: Member, { id, place, path, markerName }: Folder): Items | string {
  if (!existsSync(place)) return "folder path missing";
  if (!existsSync(join(place, markerName))) {
    return `folder marker missing (this indicates potential data loss, search docs/forum to get information about how to proceed): ${path}`;
  }
  const items = itemsIn(place);
  member.found.set(id, items);
  return items;
}

/** With whom it is connected: who runs, and has let it in as it has let them in. Every line leads everywhere here. */
export function connectedTo(member: Member, family: Family): Member[] {
  const connected = [...family].filter(
    (other) => other !== member && letsIn(member, other.id) && letsIn(other, member.id),
  );
  for (const { id } of connected) member.seen.set(id, Date.now());
  return connected;
}

export function knows(member: Member, id: string): boolean {
  return member.config.devices.some(({ deviceID }) => deviceID === id);
}

function letsIn({ config }: Member, id: string): boolean {
  return config.devices.some(({ deviceID, paused }) => deviceID === id && paused !== true);
}

/** With whom it shares the folder now: both sides say so, and neither has paused it. */
export function sharing(
  member: Member,
  folder: Folder,
  family: Family,
): { member: Member; folder: Folder }[] {
  if (folder.paused) return [];
  return connectedTo(member, family).flatMap((other) => {
    const theirs = folderOf(other, folder.id);
    const both = folder.members.has(other.id) && theirs?.members.has(member.id) === true;
    return both && !theirs.paused ? [{ member: other, folder: theirs }] : [];
  });
}

/** Hears what the others hold now, and what all hold together. Whose folder is in error says nothing new. */
export function hear(member: Member, folder: Folder, own: Items, family: Family): Items {
  for (const other of sharing(member, folder, family)) {
    const items = look(other.member, other.folder);
    if (typeof items !== "string") member.heard.set(heardKey(folder.id, other.member.id), items);
  }
  const heard = [...folder.members].flatMap((id) => member.heard.get(heardKey(folder.id, id)) ?? []);
  return newestOf([own, ...heard]);
}

export function heardKey(folder: string, device: string): string {
  return `${folder} ${device}`;
}
