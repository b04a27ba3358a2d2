import { z } from "zod";
import type { Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { oneLine } from "./one-line.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** What the node's own index last counted in the tree. Version 1 does not say of which disk, tree and rules. */
export type IndexSummary = FirstSummary | FullSummary;

export interface FirstSummary {
  readonly schemaVersion: 1;
  /** Seconds since the epoch by the node's clock. */
  readonly at: number;
  readonly files: number;
  readonly bytes: number;
}

export interface FullSummary extends Omit<FirstSummary, "schemaVersion"> {
  readonly schemaVersion: 2;
  /** How long the walk took, from `at` on. */
  readonly seconds: number;
  /** Seconds after which the node counts again. */
  readonly interval: number;
  /** Of the disk's file system. */
  readonly uuid: string;
  /** Absolute path on the node. */
  readonly tree: string;
  /** See `rulesHash`. */
  readonly rules: string;
  readonly folders: number;
  readonly symlinks: number;
  readonly specials: number;
  readonly inFlight: number;
  readonly unreadable: number;
  /** Copies that Syncthing has made of what two homes have changed at the same time. Indexes of older versions lack it. */
  readonly conflicts?: number | undefined;
  /** The latest time of a file, in seconds since the epoch; null without any file. */
  readonly newest: number | null;
}

const count = z.number().int().nonnegative();
const first = { at: z.number().nonnegative(), files: count, bytes: count };
const schema = z.discriminatedUnion("schemaVersion", [
  z.object({ schemaVersion: z.literal(1), ...first }),
  z.object({
    schemaVersion: z.literal(2),
    ...first,
    seconds: z.number().nonnegative(),
    interval: z.number().positive(),
    uuid: z.string(),
    tree: z.string(),
    rules: z.string(),
    folders: count,
    symlinks: count,
    specials: count,
    inFlight: count,
    unreadable: count,
    conflicts: count.optional(),
    newest: z.number().int().nullable(),
  }),
]);

/**
 * It lies on the disk, outside of the synced tree; believe it only when the disk is mounted. Its first line is all that
 * is asked for: the details behind it (per folder, per size) may be many, and the line thin.
 */
export function indexSummary(node: Node): Fact<IndexSummary> {
  return {
    name: "index",
    ...oneLine(`${node.disk.mount}/.pimesh/index-summary.json`),
    parse: (stdout) => {
      const document = parseJson(stdout);
      const version = z.object({ schemaVersion: z.number() }).safeParse(document).data?.schemaVersion;
      if (version !== undefined && version > 2) {
        throw new UnexpectedAnswer(
          "an index of schema version 1 or 2 (a newer pimesh wrote it)",
          `schemaVersion ${version}`,
        );
      }
      const summary = schema.safeParse(document);
      if (!summary.success) throw new UnexpectedAnswer("an index summary", stdout);
      return summary.data;
    },
  };
}

/** A comma at the end of the first line: the object goes on in the next. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.trim().replace(/,$/, "}"));
  } catch {
    throw new UnexpectedAnswer("JSON", text);
  }
}
