import { execFile, spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { latin1 } from "../core/latin1.ts";
import type { Counts } from "./entry.ts";
import type { Filter } from "./filter.ts";
import { closedFolderWords } from "./find-rules.ts";
import { findTally, noSums, tallyWords, type Tally, type TallyRules } from "./find-tally.ts";
import { nameSieve } from "./name-sieve.ts";
import type { LaptopScanOptions } from "./scan-laptop.ts";
import { readNotes } from "./walk-notes.ts";

/**
 * Counts a tree of this machine by GNU find, which takes less than half of the time that Node does. Find leaves out
 * whole folders; the names of files are judged here, where that costs less than its own tests.
 *
 * Undefined where there is no GNU find, or no stdbuf of the coreutils, and wherever find ended early or complained about more
 * than what has vanished: a part is never given for the whole, and why it cannot be had is for the walk by Node to tell.
 * `onProgress`: entries so far.
 */
export async function countByFind(
  options: LaptopScanOptions,
  onProgress: (entries: number) => void,
): Promise<Counts | undefined> {
  if (process.platform !== "linux") return undefined;
  const gnu = isGnu();
  const sums = noSums();
  const walks = walksOf(options);
  // Each folder that lies elsewhere is one of the tree's.
  sums.folders += walks.length - 1;
  for (const { place, closed, rules } of walks) {
    const tally = findTally(sums, rules);
    const take = (chunk: Buffer): boolean => {
      const isOurs = tally.take(chunk);
      onProgress(sums.files + sums.folders + sums.symlinks + sums.specials + sums.unreadable);
      return isOurs;
    };
    const ended = await find(place, closed, take, options.signal);
    if (!ended || !tally.isWhole()) return undefined;
  }
  return (await gnu) ? sums : undefined;
}

/** One place and what find has to be told there. */
interface Walk {
  readonly place: string;
  /** When a folder never counts. */
  readonly closed: readonly string[];
  readonly rules: TallyRules;
}

function walksOf({ tree, folders = {}, filter }: LaptopScanOptions): Walk[] {
  const elsewhere = new Map(Object.entries(folders).map(([name, place]) => [latin1(name), place]));
  // What has such a name in the tree itself is covered by it.
  const covered: Filter = {
    ...filter,
    outside: [...filter.outside, ...elsewhere.keys()],
    verdict: (path, ...more) => (elsewhere.has(path) ? "never" : filter.verdict(path, ...more)),
  };
  const walks: Walk[] = [
    {
      place: tree,
      closed: closedFolderWords(covered),
      rules: {
        suspects: nameSieve(covered),
        verdict: (path, name, depth) => covered.verdict(path, name, depth, "other"),
      },
    },
  ];
  for (const [folder, place] of elsewhere) {
    if (filter.verdict(folder, folder, 1, "folder") !== "counts") continue;
    walks.push({
      place,
      closed: closedFolderWords(filter, folder),
      rules: {
        suspects: nameSieve(filter),
        verdict: (path, name, depth) => filter.verdict(`${folder}/${path}`, name, depth + 1, "other"),
      },
    });
  }
  return walks;
}

/** False unless it came to its end and everything is accounted for. Throws when it is interrupted. */
async function find(
  place: string,
  closed: readonly string[],
  take: Tally["take"],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  signal?.throwIfAborted();
  const child = started(place, closed, signal);
  if (!child) return false;
  const complaints: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
  let isOurs = true;
  child.stdout.on("data", (chunk: Buffer) => {
    isOurs &&= take(chunk);
    if (!isOurs) child.kill();
  });
  const code = await new Promise<number | null>((resolve) => {
    // An interrupted one errs first, and is gone when it closes.
    child.on("error", () => child.pid === undefined && resolve(null));
    child.on("close", resolve);
  });
  signal?.throwIfAborted();
  return isOurs && code !== null && isAccountedFor(code, Buffer.concat(complaints));
}

/** Undefined where the place cannot be entered: spawn throws some of the system's errors, as ENOTDIR, and emits others. */
function started(
  place: string,
  closed: readonly string[],
  signal: AbortSignal | undefined,
): ChildProcessByStdio<null, Readable, Readable> | undefined {
  try {
    // By itself find writes 4 KiB at a time, and each of those 6,000 pieces wakes both of us.
    return spawn("stdbuf", ["-o64K", "find", ".", ...tallyWords(closed)], {
      // The tree may be a symlink, and patterns are to begin at its root.
      cwd: place,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
      ...(signal ? { signal } : {}),
    });
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** find ends with 1 when it has complained about anything, what has vanished included. */
function isAccountedFor(code: number, complaints: Buffer): boolean {
  if (complaints.length === 0) return code === 0;
  const { places, failure } = readNotes(
    Buffer.concat([complaints, Buffer.from(`\nstatus walk ${code}\nstatus order 0\n`)]),
  );
  return places.length === 0 && failure === undefined;
}

/** busybox, BSD and others have a find that understands some of the words, or gives them another meaning. */
async function isGnu(): Promise<boolean> {
  return new Promise((resolve) => {
    execFile("find", ["--version"], { env: environment() }, (_, stdout) => {
      resolve(stdout.startsWith("find (GNU findutils)"));
    });
  });
}

/** In the C locale, patterns go by bytes, and complaints are in the words that we know. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C" };
}
