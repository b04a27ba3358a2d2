import { keyClash, parseFolderKey, type FolderKey } from "./folder-key.ts";

/** What is to be said of the key that one home has. */
export interface KeyVerdict {
  readonly node: string;
  /** A note is no reason to stop. */
  readonly kind: "problem" | "note";
  /** Completes a sentence that begins with the key file; holds no part of a key. */
  readonly text: string;
}

/**
 * The keys of a fleet, by node and in the order of the inventory: each on its own, then each against those before it,
 * since homes whose keys are of different folders never meet, and nothing but that tells.
 */
export function judgeKeys(texts: ReadonlyMap<string, string>): KeyVerdict[] {
  const verdicts: KeyVerdict[] = [];
  const keys: { readonly node: string; readonly key: FolderKey }[] = [];
  for (const [node, text] of texts) {
    const parsed = parseFolderKey(text);
    if ("problem" in parsed) {
      verdicts.push({ node, kind: "problem", text: parsed.problem });
      continue;
    }
    const { key } = parsed;
    if (key.type === "custom") {
      const why = "a typing error in it cannot be told, and engines discourage it since 1.2";
      verdicts.push({ node, kind: "note", text: `holds a key that somebody made up: ${why}` });
    }
    const clash = keys.find((other) => keyClash(other.key, key) !== undefined);
    if (clash !== undefined) {
      const why = keyClash(clash.key, key);
      verdicts.push({ node, kind: "problem", text: `would never sync with ${clash.node}: ${why}` });
    }
    keys.push({ node, key });
  }
  return verdicts;
}
