import { open, stat } from "node:fs/promises";
import type { Problem } from "./problem.ts";

/** An inventory of a thousand nodes stays far below. */
export const largestBytes = 1024 * 1024;

/** The text of an inventory file, without byte order mark, or what is wrong with the file as such. */
export async function readText(path: string): Promise<string | Problem> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return { message: "is a folder, not a file" };
    if (!found.isFile()) return { message: "is not a regular file" };
    if (found.size > largestBytes) return tooLarge;
    const bytes = await readAtMost(path, largestBytes + 1);
    return bytes.length > largestBytes ? tooLarge : decode(bytes);
  } catch (error) {
    return { message: reason(error) };
  }
}

/** UTF-8 only, because an inventory is read by other tools too. */
export function decode(bytes: Buffer): string | Problem {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { message: "is UTF-16 text; save it as UTF-8" };
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    return { ...placeOf(bytes, nul), message: "holds a NUL byte: it is binary or UTF-16, not UTF-8 text" };
  }
  try {
    // The decoder takes a byte order mark off.
    return lineEnds(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return { ...firstInvalid(bytes), message: "is not valid UTF-8; save it as UTF-8" };
  }
}

const tooLarge: Problem = { message: "is larger than 1 MiB: this is not an inventory" };

/** Size and content are asked one after the other: whatever the file becomes meanwhile, no more than this is read. */
async function readAtMost(path: string, most: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.alloc(most);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, most - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === most) return buffer.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}

/** A lone carriage return ends a line in YAML, but for few editors and not for the parser. */
function lineEnds(text: string): string | Problem {
  const lone = text.search(/\r(?!\n)/);
  if (lone < 0) return text;
  const before = text.slice(0, lone).split("\n");
  return {
    line: before.length,
    column: (before[before.length - 1] as string).length + 1,
    message: "a line ends in a lone carriage return; save the file with ordinary line ends",
  };
}

function placeOf(bytes: Buffer, offset: number): { line: number; column: number } {
  const before = bytes.subarray(0, offset).toString("utf8").split("\n");
  return { line: before.length, column: (before[before.length - 1] as string).length + 1 };
}

function firstInvalid(bytes: Buffer): { line: number; column: number } | undefined {
  const lines = bytes.toString("latin1").split("\n");
  for (const [index, line] of lines.entries()) {
    const raw = Buffer.from(line, "latin1");
    const text = raw.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(raw)) {
      return { line: index + 1, column: firstDifference(raw, text) };
    }
  }
  return undefined;
}

/** Column of the first character that does not come back as it was. */
function firstDifference(raw: Buffer, text: string): number {
  let offset = 0;
  let column = 1;
  for (const character of text) {
    const bytes = Buffer.from(character, "utf8");
    if (!raw.subarray(offset, offset + bytes.length).equals(bytes)) break;
    offset += bytes.length;
    column += character.length;
  }
  return column;
}

function reason(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? `cannot be read: ${message}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "is a link that leads nowhere",
  ENOTDIR: "cannot be there: a part of its path is not a folder",
  ELOOP: "is a link that leads in a circle",
  EACCES: "cannot be read: no permission",
  EPERM: "cannot be read: no permission",
};
