import { hash } from "node:crypto";
import type { Entry } from "../entry.ts";
import { folderMarks, markBytes } from "./folder-marks.ts";
import { longestRecord, nameStart, writeRecord } from "./record.ts";

/** Two independent 64-bit numbers of a record, in halves of 32 bits. */
export interface Fingerprint {
  idHigh: number;
  idLow: number;
  secondHigh: number;
  secondLow: number;
}

/** How records are hashed in this run. */
export interface Hashing {
  /** 16 random bytes: nobody can choose a file name that collides. */
  readonly key: Buffer;
  /** Whether a file's time is part of its record. */
  readonly times: boolean;
}

/**
 * Hashes records: the first 16 bytes of SHA-256 over the mark of the folder and the record. Every call gives the same object with
 * other numbers: 0.6 us an entry, where an object each and the digest as a Buffer took 1.9 us.
 */
export function fingerprinter({ key, times }: Hashing): (entry: Entry) => Readonly<Fingerprint> {
  const found: Fingerprint = { idHigh: 0, idLow: 0, secondHigh: 0, secondLow: 0 };
  const markOf = folderMarks(key);
  let scratch = Buffer.alloc(8192);
  let written = "";
  return (entry) => {
    const needed = markBytes + longestRecord(entry);
    if (needed > scratch.length) {
      scratch = Buffer.alloc(needed * 2);
      written = "";
    }
    const mark = markOf(entry.path, nameStart(entry));
    if (mark !== written) {
      scratch.write(mark, "latin1");
      written = mark;
    }
    const end = writeRecord(scratch, markBytes, entry, times);
    // As a string of one character a byte, which is 2.5 times faster than a Buffer.
    const digest = hash("sha256", scratch.subarray(0, end), "binary");
    found.idHigh = word(digest, 0);
    found.idLow = word(digest, 4);
    found.secondHigh = word(digest, 8);
    found.secondLow = word(digest, 12);
    return found;
  };
}

function word(digest: string, at: number): number {
  return (
    ((digest.charCodeAt(at) << 24) |
      (digest.charCodeAt(at + 1) << 16) |
      (digest.charCodeAt(at + 2) << 8) |
      digest.charCodeAt(at + 3)) >>>
    0
  );
}
