import { PimeshError } from "../core/error.ts";
import { howToAsk } from "../health/how-to-ask.ts";
import { sshCommand } from "../health/ssh-command.ts";
import { readDeviceIds } from "../history/device-ids.ts";
import type { Measurement } from "../history/measurement.ts";
import type { Sync } from "../history/sync-measurement.ts";
import { treePath, type Inventory, type Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import { askStatus } from "../syncthing/ask-status.ts";
import { engineStatus, type EngineStatus } from "../syncthing/engine-status.ts";
import { nodeInstance } from "../syncthing/node-instance.ts";
import { markerOf, ourFolder, syncthingHome } from "../syncthing/our-folder.ts";
import type { StatusAnswers } from "../syncthing/status-answer.ts";
import type { Context } from "./context.ts";

/**
 * What our own Syncthing on a node knows, asked over the same connection; undefined where there is none to ask. That it cannot be
 * asked is an answer too: it makes the node neither failed nor unreachable. Nobody is asked for a password. Errors: E-INTERRUPTED.
 */
export async function askEngine(
  { stateFolder, signal }: Pick<Context, "stateFolder" | "signal">,
  inventory: Inventory,
  node: Node,
  { connection, measurement }: { readonly connection: Connection; readonly measurement: Measurement },
): Promise<Sync | undefined> {
  if (!isWorthAsking(measurement)) return undefined;
  const howTo = howToAsk(measurement.engine?.unit ?? null);
  try {
    using instance = await nodeInstance(connection, {
      home: syncthingHome(node),
      downHint: sshCommand(inventory, node, connection.address, howTo),
      as: node.sudoPasswordFile === undefined ? "free-root" : "root",
      signal,
    });
    if (instance === undefined) return { kind: "none" };
    const answers = await askStatus(instance.rest, ourFolder.id);
    const names = namesOf(await readDeviceIds(stateFolder), inventory);
    const { uuid } = measurement.disk;
    return told(engineStatus(answers, names), answers, {
      tree: treePath(node),
      marker: uuid === null ? undefined : markerOf(uuid),
    });
  } catch (error) {
    if (!(error instanceof PimeshError) || error.code === "E-INTERRUPTED") throw error;
    const closed = error.code === "E-SUDO-REFUSED" && node.sudoPasswordFile === undefined;
    return {
      kind: closed ? "closed" : "silent",
      code: error.code,
      why: error.code === "E-ENGINE-DOWN" ? down : error.message,
      hint: error.hint ?? null,
    };
  }
}

const down =
  "it runs, but nobody answers there: it may be starting, or be another one than pimesh has set up";

/** Before the set-up it is the user's own affair, and without its disk it is stopped on purpose. */
function isWorthAsking({ engine, provisioned }: Measurement): boolean {
  return provisioned !== null && engine?.kind === "syncthing" && engine.running === true;
}

/** By device ID, what the inventory calls the members. */
export function namesOf(
  ids: Readonly<Record<string, string>>,
  { nodes, peers }: Inventory,
): ReadonlyMap<string, string> {
  const known = new Set(["laptop", ...nodes.map(({ name }) => name)]);
  return new Map([
    ...Object.entries(peers).map(([name, id]) => [id, name] as const),
    ...Object.entries(ids)
      .filter(([name]) => known.has(name))
      .map(([name, id]) => [id, name] as const),
  ]);
}

/** `marker`: of the disk, where that is known. */
export function told(
  status: EngineStatus,
  { folder }: StatusAnswers,
  { tree, marker }: { readonly tree: string; readonly marker: string | undefined },
): Sync {
  const { error, watchError, need, local, why, peers, version, state, failed, inSync } = status;
  return {
    kind: "told",
    version,
    state,
    error: error ?? null,
    watchError: watchError ?? null,
    need: need ?? null,
    local: local ?? null,
    failed,
    peers: peers.map(({ id, name, reach, paused, lastSeen, progress }) => ({
      id,
      name,
      reach,
      paused,
      lastSeen: lastSeen ?? null,
      percent: progress?.percent ?? null,
      items: progress?.items ?? null,
      bytes: progress?.bytes ?? null,
    })),
    inSync,
    why: why ?? null,
    bound: folder === undefined || marker === undefined ? null : folder.markerName === marker,
    elsewhere: folder === undefined || folder.path.replace(/(?<=.)\/+$/, "") === tree ? null : folder.path,
  };
}
