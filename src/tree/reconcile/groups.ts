/**
 * All that lies in one folder is of one of 128 groups, by the mark of the folder: sums of the fingerprints of a group's folders, in the
 * summary, say where two trees differ, so that ids and sketches are made of a part of each. Of a sum the lower 16 bits are kept, as it
 * only has to say where to look.
 */
export type GroupSums = readonly number[];

/** Groups as bits: group 0 is the lowest one. */
export type GroupSet = bigint;

export const groupCount = 128;
export const allGroups: GroupSet = (1n << BigInt(groupCount)) - 1n;

export function groupOf(firstByteOfMark: number): number {
  return firstByteOfMark >>> 1;
}

/** All of them where none differs: then the difference is where their sums do not show it. */
export function differingGroups(left: GroupSums, right: GroupSums): GroupSet {
  let set = 0n;
  left.forEach((sum, group) => {
    if (sum !== right[group]) set |= 1n << BigInt(group);
  });
  return set === 0n ? allGroups : set;
}

export function isIn(set: GroupSet, group: number): boolean {
  return ((set >> BigInt(group)) & 1n) === 1n;
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
