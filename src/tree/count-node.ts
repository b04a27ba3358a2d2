import { PimeshError } from "../core/error.ts";
import type { Counts } from "./entry.ts";
import { records } from "./listing.ts";
import { checkEnd, checkStart, listerOf, startWalk, type NodeTree } from "./node-walk.ts";
import { readNotes } from "./walk-notes.ts";

/**
 * Counts a node's tree on the node, by the same rules as a listing; a line comes back. Throws as `scanNode` does.
 * A place that could not be read is counted in `unreadable`.
 */
export async function countNode(from: NodeTree): Promise<Counts> {
  const stream = await startWalk(from, "count");
  stream.end.catch(() => {});
  const answer: Buffer[] = [];
  for await (const chunk of records(stream.stdout)) {
    for (const record of chunk) {
      if (answer.length === 0) checkStart(from, record.toString());
      answer.push(Buffer.from(record));
    }
  }
  const { code } = await stream.end;
  // ok, ignore file, empty part of the listing with the line of counts before its NUL, notes, mounted, end
  const [, , line, notes, mounted, end] = answer;
  checkEnd(from, mounted?.toString(), end?.toString());
  const { places, failure } = readNotes(notes as Buffer);
  const counts = parseCounts(line as Buffer);
  if (failure !== undefined || counts === undefined || code !== 0) {
    throw new PimeshError(
      "E-SCAN-FAILED",
      `the tree could not be counted: ${failure ?? `exit code ${code}`}`,
      {
        node: from.connection.node,
        hint: "run the command again",
      },
    );
  }
  // busybox's find complains about what has been counted as unreadable already.
  const told = listerOf(from.connection.node, await from.tools()) === "busybox" ? 0 : counts.unreadable;
  return { ...counts, unreadable: Math.max(counts.unreadable, told + places.length) };
}

function parseCounts(line: Buffer): Counts | undefined {
  const words = line.toString("latin1").trim().split(" ");
  const numbers = words.slice(0, 7).map(Number);
  if (words.length !== 8 || numbers.some((number) => !Number.isSafeInteger(number))) return undefined;
  const [files, bytes, folders, symlinks, specials, inFlight, unreadable] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const newest = words[7] === "-" ? undefined : Number(words[7]);
  return { files, bytes, folders, symlinks, specials, inFlight, unreadable, newest };
}
