import { randomBytes } from "node:crypto";
import { readTraces, type Look } from "../btsync/read-traces.ts";
import { traceWords } from "../btsync/traces.ts";
import { isTraced, tracesScript, type TracedNode } from "../btsync/traces-script.ts";
import { PimeshError } from "../core/error.ts";
import type { Measurement } from "../history/measurement.ts";
import type { TracesMeasured } from "../history/traces-measurement.ts";
import { treePath, type Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Context } from "./context.ts";

/**
 * What a node's btsync or Resilio leaves behind, asked with one command over the same connection; undefined for other engines, and
 * before the set-up. That it cannot be told is an answer too. Nobody is asked for a password. Errors: E-INTERRUPTED.
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
    return measured(readTraces(stdout, nonce), node);
  } catch (error) {
    if (!(error instanceof PimeshError) || error.code === "E-INTERRUPTED") throw error;
    return { kind: "unseen", why: error.message, hint: error.hint ?? null };
  }
}

function measured(look: Look | undefined, node: TracedNode): TracesMeasured {
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
      return "problem" in words
        ? unseen(`${look.traces.config} ${words.problem}`)
        : { kind: "seen", ...words };
    }
  }
}

function unseen(why: string, hint: string | null = null): TracesMeasured {
  return { kind: "unseen", why, hint };
}
