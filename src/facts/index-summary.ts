import { z } from "zod";
import { sh } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** What the node's own index last counted in the tree. */
export interface IndexSummary {
  readonly schemaVersion: 1;
  /** Seconds since the epoch by the node's clock. */
  readonly at: number;
  readonly files: number;
  readonly bytes: number;
}

const count = z.number().int().nonnegative();
const schema = z.object({
  schemaVersion: z.literal(1),
  at: z.number().nonnegative(),
  files: count,
  bytes: count,
});

/** It lies on the disk, outside of the synced tree; believe it only when the disk is mounted. */
export function indexSummary(node: Node): Fact<IndexSummary> {
  return {
    name: "index",
    command: sh`exec cat "$root"${`${node.disk.mount}/.pimesh/index-summary.json`}`,
    parse: (stdout) => {
      const document = parseJson(stdout);
      const version = z.object({ schemaVersion: z.number() }).safeParse(document).data?.schemaVersion;
      if (version !== undefined && version > 1) {
        throw new UnexpectedAnswer(
          "an index of schema version 1 (a newer pimesh wrote it)",
          `schemaVersion ${version}`,
        );
      }
      const summary = schema.safeParse(document);
      if (!summary.success) throw new UnexpectedAnswer("an index summary", stdout);
      return summary.data;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnexpectedAnswer("JSON", text);
  }
}
