import { PimeshError } from "../core/error.ts";
import type { NodeTree } from "./node-walk.ts";
import type { Summary } from "./reconcile/messages.ts";

/** What a node says of the index before it is read. */
export interface IndexStart {
  /** The node's clock, in seconds since the epoch. */
  readonly now: number;
  /** Of the disk that is mounted; empty: it could not be told. */
  readonly uuid: string;
}

/** Reads what index.sh says. Throws E-INDEX when there is nothing to read. */
export function checkIndexStart(from: NodeTree, said: string): IndexStart {
  const match = /^(\d+) (.*)$/.exec(said);
  if (match) return { now: Number(match[1]), uuid: match[2] ?? "" };
  const { node } = from.connection;
  if (said === "no-index") {
    throw refused(
      from,
      "there is no index of its tree: provision sets it up, and a node with python3 makes it",
      `pimesh provision ${node} --dry-run`,
    );
  }
  if (said === "closed") {
    throw refused(
      from,
      "its index may not be read by the user",
      `log in as root: user of ${node} in the inventory`,
    );
  }
  throw new PimeshError("E-SCAN-FAILED", "the answer about its index was cut off", {
    node,
    hint: "run the command again",
  });
}

/** Throws E-INDEX unless it is the index of this tree on the disk that is mounted. */
export function checkIndex(from: NodeTree, { uuid }: IndexStart, index: Summary["index"]): void {
  const hint = `pimesh provision ${from.connection.node} --dry-run`;
  if (index === undefined) throw refused(from, "it did not answer from its index", withoutIndex);
  if (uuid === "") {
    throw refused(
      from,
      "of which disk its index is cannot be told: the mounted one has no UUID",
      withoutIndex,
    );
  }
  // Of FAT they are printed in capitals or not
  if (index.uuid.toLowerCase() !== uuid.toLowerCase()) {
    throw refused(from, `its index is of another disk (${index.uuid})`, hint);
  }
  if (index.tree !== from.tree) throw refused(from, `its index is of another folder (${index.tree})`, hint);
}

/** The far end's own words for why it does not answer from an index. */
export function unusableIndex(from: NodeTree, why: string, cause: unknown): PimeshError {
  const otherRules = why === "it was made by other rules";
  return new PimeshError(
    "E-INDEX",
    otherRules ? "its index was made by other ignore rules" : `its index cannot be used: ${why}`,
    {
      node: from.connection.node,
      hint: otherRules ? `pimesh provision ${from.connection.node} --dry-run` : withoutIndex,
      cause,
    },
  );
}

const withoutIndex = "the same command without --cached";

function refused(from: NodeTree, message: string, hint: string): PimeshError {
  return new PimeshError("E-INDEX", message, { node: from.connection.node, hint });
}
