import { hostname, userInfo } from "node:os";
import { formatBytes } from "../core/bytes.ts";
import { PimeshError } from "../core/error.ts";
import type { Node } from "../inventory/inventory.ts";
import { apply, runName } from "../provision/apply.ts";
import type { Prepared } from "../provision/prepare.ts";
import { changes } from "../provision/step.ts";
import type { LiveLines } from "../render/live.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Context } from "./context.ts";

/**
 * Does the steps of one plan and gives the run's name in the node's journal. `goesOn`: another part follows in the same run.
 * Errors: those of `apply`; E-INTERRUPTED says how far it came.
 */
export async function applyPart(
  {
    context,
    node,
    lines,
    connection,
  }: {
    readonly context: Context;
    readonly node: Node;
    readonly lines: LiveLines;
    readonly connection: Connection;
  },
  part: Prepared,
  goesOn: boolean,
): Promise<string> {
  const todo = changes(part.plan);
  const upload = todo.find((step) => step.upload !== undefined)?.upload;
  let finished = 0;
  try {
    const applied = await apply(
      connection,
      part.place,
      todo.map((step) => step.call),
      {
        run: runName(context.now()),
        who: `${userInfo().username}@${hostname()}, since ${new Date(context.now()).toISOString()}`,
        goesOn,
        onStep: (index) => {
          finished = index + 1;
          lines.update(node.name, `${finished} of ${todo.length}: ${todo[index]?.what ?? ""}`);
        },
        upload,
        onSent: (bytes) => {
          const done = `${formatBytes(bytes)} of ${formatBytes(upload?.bytes ?? 0)}`;
          lines.update(node.name, `${finished} of ${todo.length}: uploading, ${done}`);
        },
      },
    );
    return applied.run;
  } catch (error) {
    if (!(error instanceof PimeshError) || error.code !== "E-INTERRUPTED") throw error;
    throw new PimeshError(
      "E-INTERRUPTED",
      `interrupted after step ${finished} of ${todo.length}; the node goes on with what it was told`,
      {
        node: node.name,
        hint: `finish it: pimesh provision ${node.name}, or undo it: pimesh rollback ${node.name}`,
        cause: error,
      },
    );
  }
}
