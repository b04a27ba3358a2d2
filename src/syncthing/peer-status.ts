import type { StatusAnswers } from "./status-answer.ts";

/** How an instance sees another member of the folder. */
export interface PeerStatus {
  readonly id: string;
  /** The inventory's, else the configuration's, else the first seven letters of its ID. */
  readonly name: string;
  /** `connected` of Syncthing lags by up to five minutes when the other side goes silent [ran]. */
  readonly reach: "direct" | "relay" | "none";
  /** A person has paused it. */
  readonly paused: boolean;
  /** Milliseconds since the epoch, by the instance's clock; undefined: never. */
  readonly lastSeen: number | undefined;
  /**
   * Per cent that it has of what the instance knows, and what it lacks. undefined where that says nothing: the folder is in error or
   * paused on either side, or the peer has never said what it holds. A peer whose own folder is in error still counts as complete
   * here [ran]: only its own status knows.
   */
  readonly progress:
    | { readonly percent: number; readonly items: number; readonly deletes: number; readonly bytes: number }
    | undefined;
  /** It has said at some time what it holds. */
  readonly told: boolean;
}

/** The members beside the instance itself, in the order of the configuration. */
export function peersOf(
  answers: StatusAnswers,
  names: ReadonlyMap<string, string>,
  trusted: boolean,
): PeerStatus[] {
  const members = (answers.folder?.devices ?? []).filter(({ deviceID }) => deviceID !== answers.self);
  return members.map(({ deviceID: id }) => {
    const device = answers.devices.find((each) => each.deviceID === id);
    const connection = answers.connections[id];
    const completion = answers.completions[id];
    const told = completion !== undefined && (completion.sequence ?? completion.completion) > 0;
    const paused = device?.paused === true || connection?.paused === true;
    const sharing = completion?.remoteState === "" || completion?.remoteState === "valid";
    const known = trusted && told && sharing && !paused;
    return {
      id,
      name: names.get(id) ?? (device === undefined || device.name === "" ? id.slice(0, 7) : device.name),
      reach:
        connection?.connected !== true ? "none" : connection.type.startsWith("relay") ? "relay" : "direct",
      paused,
      lastSeen: timeOf(answers.stats[id]?.lastSeen),
      progress: known
        ? {
            percent: completion.completion,
            items: completion.needItems ?? 0,
            deletes: completion.needDeletes ?? 0,
            bytes: completion.needBytes ?? 0,
          }
        : undefined,
      told,
    };
  });
}

/** Go's zero times, of year 1 and of 1970, mean never. */
function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? "");
  return Number.isFinite(time) && time > 0 ? time : undefined;
}
