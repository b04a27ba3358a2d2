import { quote } from "../core/shell.ts";

/**
 * A name of any bytes as one word of a command that a person pastes into a POSIX shell. What a terminal would obey, show as
 * something else, or not be able to paste is written by printf; undefined for a name with a line end at its end, which no
 * `$( )` keeps (POSIX.1-2017, Shell Command Language, 2.6.3).
 */
export function pasteable(path: Buffer): string | undefined {
  const text = path.toString("utf8");
  if (Buffer.from(text, "utf8").equals(path) && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(text))
    return quote(text);
  if (path.at(-1) === lineEnd) return undefined;
  const format = Array.from(path, (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w./@:,+-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, "0")}`;
  }).join("");
  return `"$(printf -- '${format}')"`;
}

const lineEnd = 0x0a;
