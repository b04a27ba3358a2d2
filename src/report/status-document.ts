import type { LaptopEngine } from "../health/laptop-problems.ts";
import type { Problem } from "../health/problem.ts";
import { countedOf, holdsTree, type Measurement } from "../history/measurement.ts";
import type { Sync } from "../history/sync-measurement.ts";
import type { TracesMeasured, WebMeasured } from "../history/traces-measurement.ts";
import { unreadableLaptop, type NodeStatus, type ReferenceStatus, type StatusResult } from "./status.ts";

/**
 * The JSON of `status`, version 1. Only ever add to it. Bytes are bytes, times are ISO 8601 in UTC, spans are seconds,
 * temperature is in degrees Celsius; what is not known is null.
 */
export function statusDocument(result: StatusResult): object {
  const { reference } = result;
  const counts = reference.counted?.counts;
  return {
    schemaVersion: 1,
    at: time(result.at),
    reference: {
      name: reference.name,
      tree: reference.tree,
      files: counts?.files ?? null,
      bytes: counts?.bytes ?? null,
      folders: counts?.folders ?? null,
      symlinks: counts?.symlinks ?? null,
      specials: counts?.specials ?? null,
      unreadable: counts?.unreadable ?? null,
      measuredAt: reference.counted === undefined ? null : time(reference.counted.at),
      sync: reference.engine === undefined ? null : laptopSync(reference.engine),
      ignore: reference.engine?.ignore ?? null,
      problems: referenceProblems(reference),
    },
    nodes: result.nodes.map((node) => nodeDocument(node, result)),
  };
}

function referenceProblems(reference: ReferenceStatus): object[] {
  const { error, problems } = reference;
  const own = problems.map(({ code, message, try: command }) => ({ code, message, try: command }));
  if (error === undefined) return [...unreadableLaptop(reference), ...own];
  return [{ code: error.code, message: error.message, try: error.hint ?? "pimesh check" }, ...own];
}

/** Of the laptop's own Syncthing, in the shape of a node's. */
function laptopSync({ runs, sync }: LaptopEngine): object {
  if (sync !== undefined) return syncDocument(sync);
  const why = runs === "absent" ? "none was ever set up on this machine" : "it does not run";
  return syncDocument({ kind: "silent", code: "E-ENGINE-DOWN", why, hint: null });
}

function nodeDocument(node: NodeStatus, result: StatusResult): object {
  const { measurement, counted } = node;
  const counts = measurement?.counts ?? undefined;
  const reference = result.reference.counted?.counts;
  return {
    name: node.name,
    state: node.state,
    address: measurement?.address ?? null,
    files: counts?.files ?? null,
    bytes: counts?.bytes ?? null,
    filesPercent: percentOf(counts?.files, reference?.files),
    bytesPercent: percentOf(counts?.bytes, reference?.bytes),
    filesDifference: differenceOf(counts?.files, reference?.files),
    bytesDifference: differenceOf(counts?.bytes, reference?.bytes),
    folders: counts?.folders ?? null,
    symlinks: counts?.symlinks ?? null,
    specials: counts?.specials ?? null,
    inFlight: counts?.inFlight ?? null,
    unreadable: counts?.unreadable ?? null,
    conflicts: counts?.conflicts ?? null,
    newest: counts === undefined || counts.newest === null ? null : time(counts.newest * 1000),
    measuredAt: measurement === undefined ? null : time(measurement.at),
    ageSeconds:
      measurement === undefined ? null : Math.max(0, Math.round((result.at - measurement.at) / 1000)),
    ...countDocument(measurement, result.at),
    lastCounted:
      counted === undefined
        ? null
        : { at: time(counted.at), files: counted.counts.files, bytes: counted.counts.bytes },
    ...machineDocument(measurement),
    problems: node.problems.map(({ code, message, try: command }: Problem) => ({
      code,
      message,
      try: command,
    })),
  };
}

/** When and how the files and bytes above were counted. */
function countDocument(measurement: Measurement | undefined, now: number): object {
  if (measurement === undefined || measurement.counts === null) {
    return { countedAt: null, countAgeSeconds: null, countSource: null };
  }
  const { at, by } = countedOf(measurement);
  return {
    countedAt: time(at),
    countAgeSeconds: Math.max(0, Math.round((now - at) / 1000)),
    countSource: by,
  };
}

function machineDocument(measurement: Measurement | undefined): object {
  return {
    os: measurement?.os ?? null,
    model: measurement?.model ?? null,
    provisioned: measurement?.provisioned ?? null,
    disk:
      measurement === undefined
        ? null
        : {
            state: measurement.disk.state,
            mounted: holdsTree(measurement.disk.state),
            mount: measurement.disk.mount,
            label: measurement.disk.label,
            device: measurement.disk.device,
            uuid: measurement.disk.uuid,
            pinnedUuid: measurement.disk.pinnedUuid,
            rivals: measurement.disk.rivals,
            bytes: measurement.disk.bytes,
            free: measurement.disk.free,
            inodes: measurement.disk.inodes,
            inodesFree: measurement.disk.inodesFree,
          },
    card: measurement?.card ?? null,
    memory:
      measurement === undefined || measurement.memory === null
        ? null
        : {
            bytes: measurement.memory.bytes,
            available: measurement.memory.available,
            used: measurement.memory.bytes - measurement.memory.available,
          },
    swap: measurement?.swap ?? null,
    load: measurement?.load ?? null,
    temperature: measurement?.temperature ?? null,
    power: measurement?.power ?? null,
    clock: measurement?.clock ?? null,
    engine: measurement?.engine ?? null,
    sync: measurement?.sync === undefined ? null : syncDocument(measurement.sync),
    traces: measurement?.traces === undefined ? null : tracesDocument(measurement.traces),
    ignore: measurement?.ignore ?? null,
    player: measurement?.player ?? null,
    uptime: measurement?.uptime ?? null,
  };
}

/** What the node's Syncthing knows; `asked` says whether it could be asked, everything else is null where it could not. */
function syncDocument(sync: Sync): object {
  const told = sync.kind === "told" ? sync : undefined;
  return {
    asked: told !== undefined,
    why: sync.kind === "none" ? "pimesh has set up none on its disk" : sync.why,
    inSync: told?.inSync ?? null,
    version: told?.version ?? null,
    state: told?.state ?? null,
    error: told?.error ?? null,
    watchError: told?.watchError ?? null,
    need: told?.need ?? null,
    local: told?.local ?? null,
    failed: told?.failed ?? null,
    bound: told?.bound ?? null,
    elsewhere: told?.elsewhere ?? null,
    peers:
      told?.peers.map(({ lastSeen, ...peer }) => ({
        ...peer,
        lastSeen: lastSeen === null ? null : time(lastSeen),
      })) ?? null,
  };
}

/** What the node's btsync or Resilio leaves behind; everything is null where that could not be seen. */
function tracesDocument(traces: TracesMeasured): object {
  const seen = traces.kind === "seen" ? traces : undefined;
  const log = seen?.log ?? undefined;
  return {
    seen: seen !== undefined,
    why: traces.kind === "unseen" ? traces.why : null,
    config: seen?.config ?? null,
    folder: seen?.folder ?? null,
    identity: seen?.identity ?? null,
    pid: seen?.pid ?? null,
    log: log === undefined ? null : { ...log, at: log.at === null ? null : time(log.at) },
    web: seen === undefined ? null : webDocument(seen.web),
  };
}

/** What its web interface says; `asked` says whether it could be asked, everything else is null where it could not. */
function webDocument(web: WebMeasured): object {
  const told = web.kind === "told" ? web : undefined;
  return {
    asked: told !== undefined,
    inSync: told === undefined || told.state === "unknown" ? null : told.state === "synced",
    version: told?.version ?? null,
    state: told?.state ?? null,
    why: web.kind === "off" ? `its web interface ${web.why}` : web.why,
    need: told?.need ?? null,
    peers: told?.peers ?? null,
  };
}

function percentOf(part: number | undefined, whole: number | undefined): number | null {
  if (part === undefined || whole === undefined) return null;
  if (whole === 0) return part === 0 ? 100 : null;
  return (part / whole) * 100;
}

function differenceOf(value: number | undefined, reference: number | undefined): number | null {
  return value === undefined || reference === undefined ? null : value - reference;
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
