import { formatBytes } from "../core/bytes.ts";
import { thousands } from "../core/thousands.ts";
import type { LaptopEngine } from "../health/laptop-problems.ts";
import type { Measurement } from "../history/measurement.ts";
import type { SyncTold } from "../history/sync-measurement.ts";
import type { TracesSeen, WebToldMeasured } from "../history/traces-measurement.ts";
import { unknownCell, type Cell, type Tone } from "./report.ts";

/** How the engine is: by its own word where it could be asked, else that it runs and in how much memory. */
export function engineCell(measurement: Measurement, numbers: "human" | "exact"): Cell {
  const { engine, sync, traces } = measurement;
  if (engine === null) return { text: "none" };
  if (engine.running === null) return unknownCell;
  if (!engine.running) return { text: "stopped", tone: "warn" };
  if (sync?.kind === "none") return words("not paired", "warn");
  if (sync?.kind === "silent") return words("no answer", "warn");
  if (sync?.kind === "told") return syncCell(sync, numbers);
  if (traces?.kind === "seen") return tracesCell(traces, measurement, numbers);
  if (engine.memory === null) return { text: "on" };
  const memory = amountOf(engine.memory, numbers);
  return { text: `on ${memory}`, plain: `on,${memory.replaceAll(" ", "")}` };
}

/** The same of the laptop's own Syncthing. */
export function laptopEngineCell({ runs, sync }: LaptopEngine, numbers: "human" | "exact"): Cell {
  if (runs === "absent") return words("none", "warn");
  if (runs === "stopped") return words("stopped", "warn");
  if (sync?.kind === "told") return syncCell(sync, numbers);
  return words("no answer", "warn");
}

/** By its own word where it gives one; else no more than its traces show: that it runs is not that it syncs. */
function tracesCell(
  { folder, identity, log, web }: TracesSeen,
  measurement: Measurement,
  numbers: "human" | "exact",
): Cell {
  if (folder === false) return words("not its folder", "bad");
  if (identity === "missing" || (log !== null && log.lost !== null)) return words("folder lost", "bad");
  if (web.kind === "silent" && web.code === "E-ENGINE-DOWN") return words("no answer", "warn");
  if (web.kind === "told") return webCell(web, numbers);
  const inFlight = measurement.counts?.inFlight ?? 0;
  return inFlight > 0
    ? { text: `receiving ${thousands(inFlight)}`, plain: `receiving-${inFlight}`, tone: "warn" }
    : { text: "running" };
}

function webCell({ state, need }: WebToldMeasured, numbers: "human" | "exact"): Cell {
  if (state === "synced") return words("in sync", "good");
  if (state === "error") return words("error", "bad");
  if (state === "not-set-up") return words("not its folder", "bad");
  if (need !== null && need.files > 0 && state !== "alone") {
    const bytes = need.bytes === null ? "" : `, ${amountOf(need.bytes, numbers).replaceAll(" ", "")}`;
    return counted(need.files, `to get${bytes}`);
  }
  return words(state, "warn");
}

function syncCell(sync: SyncTold, numbers: "human" | "exact"): Cell {
  if (sync.state === "not-set-up" || (sync.peers.length === 0 && sync.state !== "error")) {
    return words("not paired", "warn");
  }
  if (sync.state === "error") return words("error", "bad");
  if (sync.state === "paused" || sync.state === "unknown") return words(sync.state, "warn");
  if (sync.inSync) return words("in sync", "good");
  const need = sync.need ?? { files: 0, folders: 0, symlinks: 0, deletes: 0, bytes: 0 };
  const items = need.files + need.folders + need.symlinks;
  if (items > 0) {
    const bytes = need.bytes === 0 ? "" : `, ${amountOf(need.bytes, numbers).replaceAll(" ", "")}`;
    return counted(items, `to get${bytes}`);
  }
  if (need.deletes > 0) return counted(need.deletes, "to delete");
  if (sync.failed > 0) return counted(sync.failed, "failed");
  if (sync.peers.every(({ reach }) => reach === "none")) return words("alone", "warn");
  return words(sync.state === "idle" ? "not in sync" : sync.state, "warn");
}

function counted(amount: number, what: string): Cell {
  const plain = `${amount}-${what.replaceAll(", ", ",").replaceAll(" ", "-")}`;
  return { text: `${thousands(amount)} ${what}`, plain, tone: "warn" };
}

/** One word where there is no terminal. */
function words(text: string, tone: Tone): Cell {
  const plain = text.replaceAll(" ", "-");
  return { text, ...(plain === text ? {} : { plain }), tone };
}

function amountOf(bytes: number, numbers: "human" | "exact"): string {
  return numbers === "exact" ? String(bytes) : formatBytes(bytes);
}
