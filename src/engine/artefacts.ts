import type { Artefacts } from "./engine.ts";
import { engines } from "./engines.ts";

/**
 * What a sync engine leaves in a tree. The union of all engines holds on every tree, whichever engine is configured:
 * disks outlive engines. Conflict copies (`.sync-conflict-`) are ordinary files of the user and count.
 *
 * Names are latin1 strings, one character a byte, so that any name can be matched.
 */
export type Verdict = "counts" | "never" | "in-flight";

/** These stand for themselves only at the root of the tree: `sub/.stversions` is the user's own folder. */
export const rootArtefacts = union("rootNames");

export const rootArtefactPrefixes = union("rootPrefixes");

/** Files that are still arriving, by the end of their name in any ASCII case. */
export const inFlightSuffixes = union("inFlightSuffixes");

/** The same by the beginning. An engine takes nothing with such a name, not even folders. */
export const inFlightPrefixes = union("inFlightPrefixes");

/** Backups and placeholders, by the end of their name in any ASCII case. */
export const neverSuffixes = union("leftSuffixes");

/**
 * What an entry is by its name alone.
 *
 * Suffixes speak of files: a folder called `holidays.bts` is the user's. A folder in flight is never listed, nor is
 * anything below it.
 */
export function verdictOfName(name: string, at: "root" | "below", kind: "folder" | "other"): Verdict {
  const first = name.charCodeAt(0);
  if (first === dot || first === tilde) {
    if (at === "root" && isRootArtefact(name)) return "never";
    if (inFlightPrefixes.some((prefix) => name.startsWith(prefix))) {
      return kind === "folder" ? "never" : "in-flight";
    }
  }
  if (kind === "folder" || !mayEndInSuffix(name)) return "counts";
  const lower = asciiLower(name);
  if (inFlightSuffixes.some((suffix) => lower.endsWith(suffix))) return "in-flight";
  if (neverSuffixes.some((suffix) => lower.endsWith(suffix))) return "never";
  return "counts";
}

/** Another order is other rules to a node's index, which is then made anew. */
function union(of: keyof Artefacts): readonly string[] {
  const { btsync, resilio, syncthing } = engines;
  return [...new Set([btsync, resilio, syncthing].flatMap(({ artefacts }) => artefacts[of]))];
}

const dot = 0x2e;
const tilde = 0x7e;
const rootNames = new Set(rootArtefacts);

function isRootArtefact(name: string): boolean {
  return rootNames.has(name) || rootArtefactPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Every suffix ends in c, t, p, d, s or z: most names are done after one character. */
function mayEndInSuffix(name: string): boolean {
  return lastLetters.has(name.charCodeAt(name.length - 1));
}

const lastLetters = new Set(
  [...inFlightSuffixes, ...neverSuffixes].flatMap((suffix) => {
    const last = suffix.charAt(suffix.length - 1);
    return [last.charCodeAt(0), last.toUpperCase().charCodeAt(0)];
  }),
);

/** `toLowerCase` would fold the latin1 letters too, which are single bytes of UTF-8 sequences here. */
function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
