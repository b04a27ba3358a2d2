import { parseGuiAddress } from "./access.ts";
import type { Change } from "./change.ts";
import type { Config } from "./config-answer.ts";
import { differing, profileDiffering, type Profile, type Values } from "./profile.ts";
import type { Wish } from "./wish.ts";

/** What an instance of ours is set to as a whole; of the user's own instance only the rates are touched. */
export function settingsChanges(config: Config, wish: Wish): Change[] {
  const { options } = config;
  const ours = wish.whose === "ours";
  return [
    ...(ours
      ? [
          patch(
            "/rest/config/options",
            differing(options, silent),
            "switch off usage reports, crash reports, upgrades of its own and the browser",
            "nobody looks at it there: it talks to the family alone, and the system's packages bring its versions",
          ),
          patch(
            "/rest/config/options",
            profileDiffering(options, optionProfile, wish.memory),
            wish.memory === "small" ? "set its low-memory profile" : "take its low-memory profile back",
            wish.memory === "small"
              ? "the board has little memory"
              : "the board has memory enough: the profile would only slow it down",
          ),
        ]
      : []),
    patch(
      "/rest/config/options",
      differing(options, rateOptions(wish.rates)),
      `limit it to ${rateWords(wish.rates)}`,
      "the inventory says so",
    ),
  ].flat();
}

/**
 * The doors of an instance of ours. Last of all changes: another address closes the one that we speak through.
 */
export function guiChanges(config: Config, wish: Wish): Change[] {
  if (wish.whose !== "ours") return [];
  const address = parseGuiAddress(config.gui.address);
  const open = typeof address !== "string" && address.kind === "tcp" && !address.loopback;
  const wanted = {
    insecureAdminAccess: false,
    insecureSkipHostcheck: false,
    ...(open ? { address: `127.0.0.1:${address.port}` } : {}),
  };
  return patch(
    "/rest/config/gui",
    differing(config.gui, wanted),
    "close its web page to everybody but the node itself",
    "whoever reaches that page can delete everything; pimesh comes through SSH",
  );
}

const silent: Values = {
  urAccepted: -1,
  crashReportingEnabled: false,
  autoUpgradeIntervalH: 0,
  startBrowser: false,
};

/** From the chapter on tuning of Syncthing's manual; what a version does not have is left out. */
const optionProfile: Profile = {
  maxFolderConcurrency: { small: 1, ordinary: 0 },
  maxConcurrentIncomingRequestKiB: { small: 32_768, ordinary: 0 },
  progressUpdateIntervalS: { small: -1, ordinary: 5 },
  databaseTuning: { small: "small", ordinary: "auto" },
};

function rateOptions({ up, down }: Wish["rates"]): Values {
  return {
    ...(up === undefined ? {} : { maxSendKbps: kibibytes(up) }),
    ...(down === undefined ? {} : { maxRecvKbps: kibibytes(down) }),
  };
}

/** Syncthing's "Kbps" are KiB/s, and 0 is no limit: a limit below one stays a limit. */
function kibibytes(bytes: number): number {
  return bytes <= 0 ? 0 : Math.max(1, Math.floor(bytes / 1024));
}

function rateWords({ up, down }: Wish["rates"]): string {
  return [...speed(up, "up"), ...speed(down, "down")].join(" and ");
}

function speed(bytes: number | undefined, way: string): string[] {
  if (bytes === undefined) return [];
  return [bytes <= 0 ? `any speed ${way}` : `${kibibytes(bytes)} KiB/s ${way}`];
}

function patch(path: string, body: Values, what: string, why: string): Change[] {
  return Object.keys(body).length === 0 ? [] : [{ method: "PATCH", path, body, what, why }];
}
