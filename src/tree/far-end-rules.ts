import { createHash } from "node:crypto";
import {
  inFlightPrefixes,
  inFlightSuffixes,
  neverSuffixes,
  rootArtefactPrefixes,
  rootArtefacts,
} from "../engine/artefacts.ts";
import type { Filter } from "./filter.ts";

/** What of a tree counts, as the Python far ends take it: latin1 strings, one character a byte. */
export function farEndRules(filter: Filter): Readonly<Record<string, readonly unknown[]>> {
  return {
    outside: filter.outside,
    names: filter.rules.names,
    rooted: filter.rules.rooted,
    rootArtefacts,
    rootArtefactPrefixes,
    inFlightSuffixes,
    inFlightPrefixes,
    neverSuffixes,
  };
}

/** JSON in ASCII: older Pythons take the bytes of an argument for ASCII when the locale is C. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^ -~]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * SHA-256 in hex of the rules as Python's `json.dumps(rules, sort_keys=True, separators=(",", ":"))` writes them: an index
 * that was made by other rules counts other things.
 */
export function rulesHash(filter: Filter): string {
  const sorted = Object.entries(farEndRules(filter)).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return createHash("sha256")
    .update(asciiJson(Object.fromEntries(sorted)))
    .digest("hex");
}
