import { isUtf8 } from "node:buffer";
import { printable } from "./width.ts";

/**
 * A file name for people: what is not UTF-8, what a terminal would obey, and blanks at the end, which nobody would see,
 * are shown as `\xHH`. A backslash is doubled, so that no two names look the same.
 */
export function printablePath(path: Buffer): string {
  const text = isUtf8(path)
    ? shown(path)
    : path.toString("latin1").replaceAll(sequences, (sequence) => {
        const bytes = Buffer.from(sequence, "latin1");
        if (isUtf8(bytes)) return shown(bytes);
        return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
      });
  return text.replace(/ +$/, (blanks) => "\\x20".repeat(blanks.length));
}

function shown(utf8: Buffer): string {
  return printable(utf8.toString("utf8").replaceAll("\\", "\\\\"));
}

/** Runs of ASCII, what may be one UTF-8 character, and any byte that is left. */
const sequences =
  /[\0-\x7f]+|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]/g;
