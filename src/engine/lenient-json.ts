export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * The object in a configuration as people write it for btsync, whose own sample has comments: JSON with `//` and block
 * comments, and with the commas that are left when the last line of a list is commented out. The problem never repeats the
 * text, which holds keys and passwords.
 */
export function parseLenientJson(
  text: string,
): { readonly value: JsonObject } | { readonly problem: string } {
  const plain = text
    .replace(/^\ufeff/, "")
    .replaceAll(stringOrComment, (part) => (part.startsWith('"') ? part : part.replaceAll(/[^\n]/g, " ")))
    .replaceAll(stringOrComma, (part) => (part.startsWith('"') ? part : " "));
  let value: unknown;
  try {
    value = JSON.parse(plain);
  } catch (error) {
    // Some of Node's messages quote the text: only the place is taken from them.
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    const line = at === undefined ? "" : ` in line ${plain.slice(0, Number(at)).split("\n").length}`;
    return { problem: `is not JSON, even with comments${line}` };
  }
  return isJsonObject(value as Json)
    ? { value: value as JsonObject }
    : { problem: "holds no { } at its top" };
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const stringOrComment = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const stringOrComma = /"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g;
