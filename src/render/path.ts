import { isUtf8 } from "node:buffer";
import { printable } from "./width.ts";

/** A file name for people: what is not UTF-8, and what a terminal would obey, is shown as `\xHH`. */
export function printablePath(path: Buffer): string {
  if (isUtf8(path)) return printable(path.toString("utf8"));
  return path.toString("latin1").replaceAll(sequences, (sequence) => {
    const bytes = Buffer.from(sequence, "latin1");
    if (isUtf8(bytes)) return printable(bytes.toString("utf8"));
    return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  });
}

/** Runs of ASCII, what may be one UTF-8 character, and any byte that is left. */
const sequences =
  /[\0-\x7f]+|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]/g;
