import { isAscii, isUtf8 } from "node:buffer";
import type { Entry } from "./entry.ts";

interface Twins {
  /** The same name but for its Unicode normalisation: macOS writes é as two characters, Linux mostly as one. */
  readonly normalisation: readonly { readonly left: Entry; readonly right: Entry }[];
  /** The same name but for upper and lower case. */
  readonly letterCase: readonly { readonly left: Entry; readonly right: Entry }[];
  readonly onlyLeft: readonly Entry[];
  readonly onlyRight: readonly Entry[];
}

/** Finds among the names that have no partner those which have one under another spelling. Each is used once. */
export function pairTwins(onlyLeft: readonly Entry[], onlyRight: readonly Entry[]): Twins {
  const normalisation = pairBy(onlyLeft, onlyRight, ({ path }) =>
    isAscii(path) || !isUtf8(path) ? undefined : nameKey(path),
  );
  const letterCase = pairBy(normalisation.onlyLeft, normalisation.onlyRight, ({ path }) =>
    isUtf8(path) ? nameKey(path).toLowerCase() : undefined,
  );
  return {
    normalisation: normalisation.pairs,
    letterCase: letterCase.pairs,
    onlyLeft: letterCase.onlyLeft,
    onlyRight: letterCase.onlyRight,
  };
}

/** The same for two names that differ by normalisation alone; a name that is not UTF-8 stands for itself. */
export function nameKey(path: Buffer): string {
  if (isUtf8(path)) return path.toString("utf8").normalize("NFC");
  // A NUL cannot stand in a path, so this never meets a real name.
  return `\0${path.toString("latin1")}`;
}

function pairBy(
  onlyLeft: readonly Entry[],
  onlyRight: readonly Entry[],
  keyOf: (entry: Entry) => string | undefined,
): { pairs: { left: Entry; right: Entry }[]; onlyLeft: Entry[]; onlyRight: Entry[] } {
  // A fresh node lacks everything: nothing to pair, and no reason to hold a map of it.
  if (onlyLeft.length === 0 || onlyRight.length === 0) {
    return { pairs: [], onlyLeft: [...onlyLeft], onlyRight: [...onlyRight] };
  }
  const byKey = new Map<string, Entry[]>();
  for (const right of onlyRight) {
    const key = keyOf(right);
    if (key === undefined) continue;
    const same = byKey.get(key);
    if (same) same.push(right);
    else byKey.set(key, [right]);
  }
  const pairs: { left: Entry; right: Entry }[] = [];
  const rest: Entry[] = [];
  const taken = new Set<Entry>();
  for (const left of onlyLeft) {
    const key = keyOf(left);
    const right = key === undefined ? undefined : byKey.get(key)?.shift();
    if (right) {
      pairs.push({ left, right });
      taken.add(right);
    } else rest.push(left);
  }
  return { pairs, onlyLeft: rest, onlyRight: onlyRight.filter((right) => !taken.has(right)) };
}
