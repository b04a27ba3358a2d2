import { fingerprinter, type Hashing } from "./fingerprint.ts";
import { groupCount, isIn, type GroupSet } from "./groups.ts";
import type { PackedTree } from "./packed-tree.ts";
import { sum64, type Sums } from "./sums.ts";
import type { Ids } from "./table.ts";

/** The entries of some groups, by their numbers in the tree, and their ids. */
export interface Identified {
  readonly numbers: Uint32Array;
  readonly ids: Ids;
  readonly sums: Sums;
}

export interface Identifier {
  of(groups: GroupSet): Identified;
  /** Of the groups that were asked for last. */
  last(): Identified;
}

/** Makes ids when they are asked for: where trees differ in a few groups most entries never need one. */
export function identifier(tree: PackedTree, hashing: Hashing): Identifier {
  let last = { groups: 0n, identified: identify(tree, hashing, 0n) };
  return {
    of(groups) {
      if (groups !== last.groups) last = { groups, identified: identify(tree, hashing, groups) };
      return last.identified;
    },
    last: () => last.identified,
  };
}

function identify(tree: PackedTree, hashing: Hashing, groups: GroupSet): Identified {
  const fingerprint = fingerprinter(hashing);
  const wanted = Array.from({ length: groupCount }, (_, group) => isIn(groups, group));
  const numbers = Uint32Array.from(tree.groups.keys()).filter(
    (number) => wanted[tree.groups[number] as number] === true,
  );
  const [high, low] = [new Uint32Array(numbers.length), new Uint32Array(numbers.length)];
  const [id, second] = [sum64(), sum64()];
  numbers.forEach((number, at) => {
    const found = fingerprint(tree.entry(number));
    high[at] = found.idHigh;
    low[at] = found.idLow;
    id.add(found.idHigh, found.idLow);
    second.add(found.secondHigh, found.secondLow);
  });
  return {
    numbers,
    ids: { high, low },
    sums: { count: numbers.length, id: id.value(), second: second.value() },
  };
}
