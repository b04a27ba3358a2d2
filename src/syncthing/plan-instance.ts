import type { Change, Finding } from "./change.ts";
import type { Config, Pending } from "./config-answer.ts";
import { deviceChanges } from "./device-changes.ts";
import { folderChanges } from "./folder-changes.ts";
import type { Paired } from "./paired.ts";
import { guiChanges, settingsChanges } from "./settings-changes.ts";
import { stoppedFolder } from "./stopped-folder.ts";
import { strangerFindings } from "./strangers.ts";
import type { Wish } from "./wish.ts";

/** What an instance says of itself. */
export interface InstanceState {
  /** Its own device ID. */
  readonly self: string;
  /** What it takes `~` for. */
  readonly tilde: string;
  readonly config: Config;
  readonly pending: Pending;
  /** Why Syncthing has stopped our folder, in its words; undefined: it has not, or there is none, or it is paused. */
  readonly stopped: string | undefined;
  /** What the folder's database says that the disk holds; undefined where it does not say. */
  readonly remembered: { readonly files: number; readonly bytes: number } | undefined;
}

export interface InstancePlan {
  /** In the order in which they have to happen. None: the instance is as wished. */
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  /** The record after the changes. */
  readonly paired: Paired;
}

/**
 * What makes an instance what the inventory wishes for. Whoever is no longer of the family goes first, and nobody is let in before
 * the folder's marker is bound. Planning again after the changes gives none.
 */
export function planInstance(state: InstanceState, wish: Wish, paired: Paired): InstancePlan {
  const { self, config, pending, stopped } = state;
  const devices = deviceChanges(config, self, wish, paired);
  const folder = folderChanges(without(config, devices.removed), state, wish, paired);
  // A member has to be known before the folder can be shared with it: Syncthing drops the others without a word [ran].
  const marker = folder.changes.filter(
    ({ method, needsMarker }) => method === "PATCH" && needsMarker === true,
  );
  const rest = folder.changes.filter((change) => !marker.includes(change));
  const isBound = folder.changes.some(({ needsMarker }) => needsMarker === true);
  const mended = stopped === undefined || isBound ? undefined : stoppedFolder(stopped, wish);
  return {
    changes: [
      ...settingsChanges(config, wish),
      ...marker,
      ...(mended?.changes ?? []),
      ...devices.removals,
      ...devices.additions,
      ...rest,
      ...guiChanges(config, wish),
    ],
    findings: [
      ...strangerFindings(config, pending, self, wish, paired),
      ...folder.findings,
      ...(mended?.findings ?? []),
      ...devices.findings,
    ],
    paired: devices.paired,
  };
}

function without(config: Config, removed: ReadonlySet<string>): Config {
  const stays = ({ deviceID }: { readonly deviceID: string }): boolean => !removed.has(deviceID);
  return {
    ...config,
    devices: config.devices.filter(stays),
    folders: config.folders.map((folder) => ({ ...folder, devices: folder.devices.filter(stays) })),
  };
}
