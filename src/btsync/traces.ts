import { maskedConfig } from "../engine/btsync-config.ts";
import { isJsonObject, parseLenientJson, type Json, type JsonObject } from "../engine/lenient-json.ts";
import { webAccess, type WebAccess } from "./web-access.ts";

/** What an engine has left behind on a node, as it was found. */
export interface Traces {
  /** Path of the configuration. */
  readonly config: string;
  /** What it holds; the keys are masked, the password of a web interface is not: never printed. */
  readonly text: string;
  /** Where the node took its database and log to be; empty where that could not be told. */
  readonly storage: string;
  /** Does the pid file name a process of the engine that runs? */
  readonly pid: "right" | "other" | "none" | "unknown";
  /** When the pid file was written, as `YYYYMMDD HH:MM:SS` by the node's own time of day. */
  readonly started: string | undefined;
  readonly log:
    | {
        /** When it was last written to, in milliseconds since the epoch. */
        readonly at: number | undefined;
        readonly identity: readonly string[];
        readonly errors: readonly string[];
      }
    | undefined;
  /** Marks of a folder's identity in the tree, relative to it. */
  readonly marks: readonly string[] | "closed";
}

/** What they mean. */
export interface TraceWords {
  readonly config: string;
  /** Is the tree one of the configuration's folders? null: its folders do not stand there. */
  readonly folder: boolean | null;
  /** The engine's mark in the tree, without which it takes the folder for lost. */
  readonly identity: "there" | "missing" | "unknown";
  readonly pid: Traces["pid"];
  /** How to ask it, where its configuration allows that. */
  readonly access: WebAccess;
  readonly log: {
    readonly path: string;
    readonly at: number | null;
    /** A line that says, since the engine's start, that the mark was not there. */
    readonly lost: string | null;
    readonly error: string | null;
  } | null;
}

/**
 * A problem, as the end of a sentence that begins with the configuration's path, where that cannot be read.
 *
 * The lines of a lost identity are those of bt-sync/sync-docker issue 29. A mark that is missing is an error of the folder by the
 * vendor's help ("what is .sync folder"). Versions before 1.4 have `.SyncID`, later ones and Resilio `.sync/ID`.
 */
export function traceWords(
  traces: Traces,
  { engine, tree }: { readonly engine: "btsync" | "resilio"; readonly tree: string },
): TraceWords | { readonly problem: string } {
  const parsed = parseLenientJson(traces.text);
  if ("problem" in parsed) return parsed;
  const config = parsed.value;
  const marks =
    traces.marks === "closed" ? traces.marks : traces.marks.filter((mark) => isMark(mark, engine));
  // The node has read it with sed, which knows less of JSON
  const known = pathOf(config["storage_path"]) === traces.storage;
  return {
    config: traces.config,
    folder: hasFolder(config, tree),
    identity: marks === "closed" ? "unknown" : marks.length > 0 ? "there" : "missing",
    pid: known ? traces.pid : "unknown",
    access: webAccess(config),
    log: known && traces.log !== undefined ? logWords(traces, traces.log, tree) : null,
  };
}

function isMark(mark: string, engine: "btsync" | "resilio"): boolean {
  return mark === ".sync/ID" || engine === "btsync";
}

function hasFolder({ shared_folders: shared }: JsonObject, tree: string): boolean | null {
  if (!Array.isArray(shared) || shared.length === 0) return null;
  return shared.some((folder: Json) => isJsonObject(folder) && pathOf(folder["dir"]) === tree);
}

function logWords(
  { started, storage }: Traces,
  { at, identity, errors }: NonNullable<Traces["log"]>,
  tree: string,
): TraceWords["log"] {
  const sinceStart = (line: string): boolean => {
    const [, year, month, day, time] = /^\[(\d{4})-?(\d\d)-?(\d\d) (\d\d:\d\d:\d\d)/.exec(line) ?? [];
    // A line without a time is believed rather than not
    return time === undefined || started === undefined || `${year}${month}${day} ${time}` >= started;
  };
  const isOurs = (line: string): boolean => {
    const dir = /mutex\[([^\]]*)\]/i.exec(line)?.[1];
    return dir === undefined || pathOf(dir) === tree;
  };
  return {
    path: `${storage}/sync.log`,
    at: at ?? null,
    lost: shown(identity.filter((line) => isLost(line) && sinceStart(line) && isOurs(line)).at(-1)),
    error: shown(errors.findLast(sinceStart)),
  };
}

function isLost(line: string): boolean {
  return /mutex file (?:not found|check failed)/i.test(line);
}

/** One line that may be printed and kept: no key, nothing that moves a cursor. */
function shown(line: string | undefined): string | null {
  return line === undefined ? null : maskedConfig(line.replaceAll(/\p{Cc}+/gu, " "));
}

function pathOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value.replace(/(?<=.)\/+$/, "") : undefined;
}
