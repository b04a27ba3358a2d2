import type { Change, Finding } from "./change.ts";
import type { Config, ConfigFolder } from "./config-answer.ts";
import { unwantedDevices, wantedDevices } from "./device-changes.ts";
import { folderSettings, newFolderSettings } from "./folder-rules.ts";
import type { Paired } from "./paired.ts";
import type { Values } from "./profile.ts";
import type { Wish } from "./wish.ts";
import { list } from "./words.ts";

export interface FolderPlan {
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

/**
 * The folder is shared with exactly the family, under our marker. `tilde` is what Syncthing takes `~` for.
 *
 * A folder that lies elsewhere, or was bound to another disk, is taken out and made anew, and never just pointed to this one: with
 * the old database every file that is not here would be deleted at the other homes [ran]. Made anew it knows nothing, and what is
 * missing comes from the others. One that has Syncthing's own marker may well be on the right disk: it is bound to it.
 */
export function folderChanges(
  config: Config,
  instance: { readonly self: string; readonly tilde: string },
  wish: Wish,
  paired: Paired,
): FolderPlan {
  const there = config.folders.find(({ id }) => id === wish.folder.id);
  const path = place(wish.folder.path, instance.tilde);
  const twin = config.folders.find(
    (folder) => folder.id !== wish.folder.id && place(folder.path, instance.tilde) === path,
  );
  if (twin !== undefined) return { changes: [], findings: [samePlace(twin, wish)] };
  if (there === undefined) return { changes: [creation(config, instance.self, wish)], findings: [] };
  const findings = keptByTheUser(there, wish);
  const moved = place(there.path, instance.tilde) !== path;
  const foreign = there.markerName !== wish.folder.marker && ourMarker.test(there.markerName);
  const members = membersOf(there, instance.self, wish, paired);
  if (moved || foreign) return { changes: anew(there, members, wish, moved ? "place" : "disk"), findings };
  return { changes: adjustment(there, members, wish), findings };
}

function creation(config: Config, self: string, wish: Wish): Change {
  const { id, label, path, marker } = wish.folder;
  const members = [self, ...wantedDevices(wish, self).map((device) => device.id)];
  const known: Values = config.defaults?.folder ?? {};
  return {
    method: "POST",
    path: "/rest/config/folders",
    body: {
      id,
      label,
      path,
      markerName: marker,
      devices: members.map((deviceID) => ({ deviceID })),
      ...newFolderSettings(known, wish),
    },
    needsMarker: true,
    what: `share ${path} as ${label} with ${list(namesOf(wish, self))}`,
    why: "it is the tree of the family; deleted files stay in its .stversions for 30 days",
  };
}

const ourMarker = /^\.stfolder\/pimesh-/;

/** Whole, as it was, but for its place and its marker: POST gives what is left out Syncthing's defaults. */
function anew(there: ConfigFolder, members: Members, wish: Wish, other: "place" | "disk"): Change[] {
  const { id, label, path, marker } = wish.folder;
  const reason = other === "place" ? `the inventory has the tree at ${path}` : "it was bound to another disk";
  return [
    {
      method: "DELETE",
      path: folderPath(id),
      what: `take ${there.path} out as ${label}`,
      why: `${reason}; the files stay where they are, and Syncthing forgets what it knew of them`,
    },
    {
      method: "POST",
      path: "/rest/config/folders",
      body: {
        ...there,
        path,
        markerName: marker,
        devices: members.entries ?? there.devices,
        ...folderSettings(there, wish),
      },
      needsMarker: true,
      what: `share ${path} as ${label}`,
      why: `made anew it knows nothing of the old ${other}: what is missing at this one comes from the others, and nothing is deleted`,
    },
  ];
}

function adjustment(there: ConfigFolder, members: Members, wish: Wish): Change[] {
  const { id, label, marker } = wish.folder;
  const changes: Change[] = [];
  // First of all: without it the next moment could be the one in which the disk is away.
  if (there.markerName !== marker) {
    changes.push({
      method: "PATCH",
      path: folderPath(id),
      body: { markerName: marker },
      needsMarker: true,
      what: `bind ${label} to the marker ${marker}`,
      why: `${JSON.stringify(there.markerName)} says nothing about the disk: an empty one in its place would delete everything at the other homes`,
    });
  }
  const settings = folderSettings(there, wish);
  if (Object.keys(settings).length > 0) {
    changes.push({
      method: "PATCH",
      path: folderPath(id),
      body: settings,
      what: `set ${list(Object.keys(settings))} of ${label}`,
      why: "deleted and contested files are to be kept, and the board's memory is to suffice",
    });
  }
  if (members.entries !== undefined) {
    changes.push({
      method: "PATCH",
      path: folderPath(id),
      body: { devices: members.entries },
      what: `share ${label} ${[
        ...(members.added.length === 0 ? [] : [`with ${list(members.added)}`]),
        ...(members.dropped.length === 0 ? [] : [`no longer with ${list(members.dropped)}`]),
      ].join(", ")}`,
      why: "the inventory says who belongs to the family",
    });
  }
  return changes;
}

interface Members {
  /** undefined when they are right as they are. Entries that stay are sent back whole: they may hold a password. */
  readonly entries: ConfigFolder["devices"] | undefined;
  readonly added: readonly string[];
  readonly dropped: readonly string[];
}

/** Strangers that a person has let in stay in; see `strangerFindings`. */
function membersOf(there: ConfigFolder, self: string, wish: Wish, paired: Paired): Members {
  const wanted = wantedDevices(wish, self);
  const unwanted = new Map(unwantedDevices(paired, wish, self).map(({ id, name }) => [id, name]));
  const dropped = there.devices.filter(({ deviceID }) => unwanted.has(deviceID));
  const added = wanted.filter(({ id }) => !there.devices.some(({ deviceID }) => deviceID === id));
  const entries = [
    ...there.devices.filter(({ deviceID }) => !unwanted.has(deviceID)),
    ...added.map(({ id }) => ({ deviceID: id })),
  ];
  return {
    entries: dropped.length === 0 && added.length === 0 ? undefined : entries,
    added: added.map(({ name }) => name),
    dropped: dropped.map(({ deviceID }) => unwanted.get(deviceID) ?? deviceID.slice(0, 7)),
  };
}

/** Two folders on one place share its marker, its rules and its trash: neither could be trusted. */
function samePlace(twin: ConfigFolder, wish: Wish): Finding {
  const name = JSON.stringify(twin.label || twin.id);
  return {
    kind: "same-place",
    text: `${wish.folder.path} is shared as ${name} (folder ID ${twin.id}) already: remove that folder in Syncthing first, which leaves its files alone`,
  };
}

function keptByTheUser(there: ConfigFolder, wish: Wish): Finding[] {
  const { label } = wish.folder;
  return [
    ...(there.paused ? [`${label} is paused, and stays so`] : []),
    ...(there.type === "sendreceive" || there.type === ""
      ? []
      : [`${label} is ${there.type} here, and stays so`]),
    ...(there.versioning.type === "external"
      ? [`${label} keeps deleted files by a program of its own: whether for 30 days is not known`]
      : []),
  ].map((text) => ({ kind: "kept", text }));
}

function namesOf(wish: Wish, self: string): string[] {
  const names = wantedDevices(wish, self).map(({ name }) => name);
  return names.length === 0 ? ["nobody yet"] : names;
}

function folderPath(id: string): string {
  return `/rest/config/folders/${encodeURIComponent(id)}`;
}

/** The same place has one spelling. */
function place(path: string, tilde: string): string {
  const whole = path === "~" || path.startsWith("~/") ? `${tilde}${path.slice(1)}` : path;
  return whole.replaceAll(/\/(?:\.?\/)+/g, "/").replace(/(?<=.)\/\.?$/, "");
}
