import { randomBytes } from "node:crypto";
import { askWeb } from "../btsync/ask-web.ts";
import { readTraces, type Look } from "../btsync/read-traces.ts";
import { isTraced, tracesScript, type TracedNode } from "../btsync/traces-script.ts";
import { traceWords, type TraceWords } from "../btsync/traces.ts";
import type { WebAccess } from "../btsync/web-access.ts";
import { openWeb } from "../btsync/web-client.ts";
import { PimeshError } from "../core/error.ts";
import type { Measurement } from "../history/measurement.ts";
import type { TracesMeasured, WebMeasured } from "../history/traces-measurement.ts";
import { treePath, type Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Context } from "./context.ts";

/**
 * What a node's btsync or Resilio leaves behind, asked with one command over the same connection, and what its web interface says
 * where the configuration lets it answer; undefined for other engines, and before the set-up. That it cannot be told is an answer
 * too. Nobody is asked for a password. Errors: E-INTERRUPTED.
 */
export async function askTraces(
  { signal }: Pick<Context, "signal">,
  node: Node,
  { connection, measurement }: { readonly connection: Connection; readonly measurement: Measurement },
): Promise<TracesMeasured | undefined> {
  if (measurement.provisioned === null || !isTraced(node)) return undefined;
  const nonce = randomBytes(8).toString("hex");
  try {
    const { stdout } = await connection.run(tracesScript(node, nonce), {
      as: node.sudoPasswordFile === undefined ? "free-root" : "root",
      signal,
    });
    const found = wordsOf(readTraces(stdout, nonce), node);
    if ("kind" in found) return found;
    const { access, ...words } = found;
    const web: WebMeasured =
      measurement.engine?.running === true
        ? await askWebOf(access, node, connection, signal)
        : { kind: "off", why: "is not there while it stands" };
    return { kind: "seen", ...words, web };
  } catch (error) {
    if (!(error instanceof PimeshError) || error.code === "E-INTERRUPTED") throw error;
    return unseen(error.message, error.hint);
  }
}

function wordsOf(look: Look | undefined, node: TracedNode): TraceWords | TracesMeasured {
  if (look === undefined) return unseen("the look at it broke off");
  switch (look.kind) {
    case "none":
      return unseen("no configuration of it was found, so nobody knows where its log is");
    case "gone":
      return unseen(`it was started with ${look.config}, which is not there any more`);
    case "closed":
      return unseen(
        `${look.config} is closed to the login's user, and sudo wants a password`,
        `give ${node.name} a sudo_password_file (mode 0600) in the inventory`,
      );
    case "seen":
    default: {
      const words = traceWords(look.traces, { engine: node.engine, tree: treePath(node) });
      return "problem" in words ? unseen(`${look.traces.config} ${words.problem}`) : words;
    }
  }
}

function unseen(why: string, hint?: string): TracesMeasured {
  return { kind: "unseen", why, hint: hint ?? null };
}

/** That nobody answers is an answer too: what it leaves behind stands all the same. */
async function askWebOf(
  access: WebAccess,
  node: Node,
  connection: Connection,
  signal: AbortSignal,
): Promise<WebMeasured> {
  if (access.kind === "off") return access;
  using web = openWeb({
    node: node.name,
    access,
    open: () => connection.tunnel(access.port, { signal }),
    signal,
  });
  try {
    const told = await askWeb(web, node.name, treePath(node));
    return { kind: "told", ...told, peers: [...told.peers] };
  } catch (error) {
    if (!(error instanceof PimeshError) || error.code === "E-INTERRUPTED") throw error;
    return { kind: "silent", code: error.code, why: error.message, hint: error.hint ?? null };
  }
}
