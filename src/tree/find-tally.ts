import type { Verdict } from "../engine/artefacts.ts";

/** A tree's `Counts` as they grow. */
export interface Sums {
  files: number;
  bytes: number;
  folders: number;
  symlinks: number;
  specials: number;
  inFlight: number;
  unreadable: number;
  newest: number | undefined;
}

export function noSums(): Sums {
  const none = { files: 0, bytes: 0, folders: 0, symlinks: 0, specials: 0, inFlight: 0, unreadable: 0 };
  return { ...none, newest: undefined };
}

/**
 * What find is told to print for a tally: `d` for a folder, `u` for one that may not be read, kind, size, time and path of
 * all else. `closed`: its condition for folders that never count.
 */
export function tallyWords(closed: readonly string[]): string[] {
  // Backslash escapes here are find's own.
  const words = String.raw`-mindepth 1 -type d ( CLOSED -prune -o ! -readable -printf u\0 -prune -o -printf d\0 ) -o -printf %y%s/%T@/%P\0`;
  return words.split(" ").flatMap((word) => (word === "CLOSED" ? closed : word));
}

/** What is to be said about names. They and paths are latin1, one character a byte. */
export interface TallyRules {
  /** By the first and the last byte of its name: may there be a verdict against it? */
  readonly suspects: (first: number, last: number) => boolean;
  /** Of anything but a folder; depth 1 is the place where find began. */
  readonly verdict: (path: string, name: string, depth: number) => Verdict;
}

export interface Tally {
  /** The next piece of what find prints; false when it is not what it was told to print. */
  take(chunk: Buffer): boolean;
  /** Was the last record whole? */
  isWhole(): boolean;
}

/**
 * Adds what find prints to `sums`. It reads bytes where they are, and makes neither string nor object of most records: a string
 * for each name would cost twice as much as all the rest.
 */
export function findTally(sums: Sums, { suspects, verdict }: TallyRules): Tally {
  let rest: Buffer = Buffer.alloc(0);
  const take = (chunk: Buffer): boolean => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(0) + 1;
    rest = bytes.subarray(end);
    let at = 0;
    let byte = 0;
    const text = (from: number, to: number): string => bytes.toString("latin1", from, to);
    while (at < end) {
      const kind = bytes[at++];
      if (kind === letters.d || kind === letters.u) {
        if (bytes[at++] !== 0) return false;
        if (kind === letters.d) sums.folders += 1;
        else sums.unreadable += 1;
        continue;
      }
      let size = 0;
      while (isDigit((byte = bytes[at++] as number))) size = size * 10 + byte - zero;
      if (byte !== slash) return false;
      const isBefore1970 = bytes[at] === minus;
      if (isBefore1970) at += 1;
      let seconds = 0;
      while (isDigit((byte = bytes[at++] as number))) seconds = seconds * 10 + byte - zero;
      // -1.5 s is written -2.5000000000: whole seconds, floored, and a fraction that always counts upwards.
      if (byte === dot) while (isDigit((byte = bytes[at++] as number)));
      if (byte !== slash) return false;
      const path = at;
      let name = at;
      let depth = 1;
      while ((byte = bytes[at++] as number) !== 0) {
        if (byte === slash) {
          name = at;
          depth += 1;
        }
      }
      if (suspects(bytes[name] as number, bytes[at - 2] as number)) {
        const said = verdict(text(path, at - 1), text(name, at - 1), depth);
        if (said === "in-flight" && kind === letters.f) sums.inFlight += 1;
        if (said !== "counts") continue;
      }
      if (kind === letters.f) {
        sums.files += 1;
        sums.bytes += size;
        const time = isBefore1970 ? -seconds : seconds;
        if (sums.newest === undefined || time > sums.newest) sums.newest = time;
      } else if (kind === letters.l) sums.symlinks += 1;
      else sums.specials += 1;
    }
    return true;
  };
  return { take, isWhole: () => rest.length === 0 };
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

const letters = { d: 0x64, f: 0x66, l: 0x6c, u: 0x75 } as const;
const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const dot = 0x2e;
const slash = 0x2f;
