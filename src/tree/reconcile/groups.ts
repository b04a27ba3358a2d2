import type { Ids } from "./table.ts";

/**
 * All that lies in one folder is of one of 64 groups, by the mark of the folder: sums of these, in the summary, say where two
 * trees differ, so that sketches are made of a part of each. Of a sum 16 bits are kept, as it only has to say where to look.
 */
export type GroupSums = readonly number[];

/** Groups as bits: group 0 is the lowest one. */
export type GroupSet = bigint;

const groupCount = 64;
export const allGroups: GroupSet = (1n << BigInt(groupCount)) - 1n;

export function groupOf(firstByteOfMark: number): number {
  return firstByteOfMark >>> 2;
}

/** Sums of the lower 16 bits of ids. */
export function groupSums(): { add(group: number, idLow: number): void; value(): GroupSums } {
  const sums = new Uint16Array(groupCount);
  return {
    add: (group, idLow) => void ((sums[group] as number) += idLow & 0xffff),
    value: () => [...sums],
  };
}

/** All of them where none differs: then the difference is where their sums do not show it. */
export function differingGroups(left: GroupSums, right: GroupSums): GroupSet {
  let set = 0n;
  left.forEach((sum, group) => {
    if (sum !== right[group]) set |= 1n << BigInt(group);
  });
  return set === 0n ? allGroups : set;
}

export function idsIn({ ids, groups }: { ids: Ids; groups: Uint8Array }, set: GroupSet): Ids {
  const wanted = Array.from({ length: groupCount }, (_, group) => ((set >> BigInt(group)) & 1n) === 1n);
  const chosen = (_: number, number: number): boolean => wanted[groups[number] as number] === true;
  return { high: ids.high.filter(chosen), low: ids.low.filter(chosen) };
}

/** Four hexadecimal digits a group. */
export function writeGroupSums(sums: GroupSums): string {
  return sums.map((sum) => sum.toString(16).padStart(4, "0")).join("");
}

export function readGroupSums(text: string): GroupSums {
  return Array.from({ length: groupCount }, (_, group) =>
    Number.parseInt(text.slice(group * 4, group * 4 + 4), 16),
  );
}

export function isGroupSums(text: string): boolean {
  return text.length === groupCount * 4 && /^[0-9a-f]*$/.test(text);
}
