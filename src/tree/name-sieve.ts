import {
  inFlightPrefixes,
  inFlightSuffixes,
  neverSuffixes,
  rootArtefactPrefixes,
  rootArtefacts,
} from "../engine/artefacts.ts";
import type { Filter } from "./filter.ts";

/**
 * Tells by the first and the last byte of a name whether a filter may have something against it: false is certain, and
 * true of a few names only. So most of 300,000 names need not become strings.
 */
export function nameSieve(filter: Filter): (first: number, last: number) => boolean {
  const firsts = new Uint8Array(256);
  const lasts = new Uint8Array(256);
  const rules = [...filter.rules.names, ...filter.rules.rooted.map((components) => components.at(-1) ?? "")];
  const patterns = [
    ...rules,
    ...filter.outside.map((path) => path.slice(path.lastIndexOf("/") + 1)),
    ...rootArtefacts,
    ...[...rootArtefactPrefixes, ...inFlightPrefixes].map((prefix) => `${prefix}*`),
    ...[...inFlightSuffixes, ...neverSuffixes].flatMap((suffix) => [
      `*${suffix.toLowerCase()}`,
      `*${suffix.toUpperCase()}`,
    ]),
  ];
  for (const pattern of patterns) {
    const [first, last] = [pattern.charCodeAt(0), pattern.charCodeAt(pattern.length - 1)];
    if (!isWild(first)) firsts[first] = 1;
    else if (!isWild(last)) lasts[last] = 1;
    else firsts.fill(1);
  }
  return (first, last) => firsts[first] === 1 || lasts[last] === 1;
}

function isWild(code: number): boolean {
  return code === asterisk || code === question;
}

const asterisk = 0x2a;
const question = 0x3f;
