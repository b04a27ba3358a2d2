/**
 * A key by which btsync and Resilio know a folder, and all that proves who may read and write it: it never stands in a
 * message, in JSON or in argv. A letter for its type, then base32 (RFC 4648) without a check digit, so a typing error that
 * keeps to the alphabet is the key of another folder that nobody has.
 */
export interface FolderKey {
  readonly type: KeyType;
  /** What a home with this key may do; of a custom key that is not known. */
  readonly rights: "read and write" | "read" | "store encrypted" | "unknown";
  /** The key itself: a function, so that a value which is printed by mistake does not hold it. */
  readonly reveal: () => string;
}

export type KeyType = "A" | "B" | "D" | "E" | "F" | "R" | "custom";

/** The key in a text, blanks around it left out, or what is wrong with it; the message never repeats a part of it. */
export function parseFolderKey(text: string): { readonly key: FolderKey } | { readonly problem: string } {
  const key = text.trim();
  const type = standardType(key);
  if (type !== undefined) return { key: { type, rights: rightsOf[type], reveal: () => key } };
  const problem = problemOf(key);
  if (problem !== undefined) return { problem };
  return { key: { type: "custom", rights: "unknown", reveal: () => key } };
}

/**
 * Why the keys of two homes cannot be of one folder, as far as that is seen offline; undefined also where it is not: B is
 * derived from A, and E from D, by a recipe that is not published. F is the beginning of E.
 */
export function keyClash(left: FolderKey, right: FolderKey): string | undefined {
  const [one, other] = [left, right].toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type)) as [
    FolderKey,
    FolderKey,
  ];
  const same = one.reveal() === other.reveal();
  if (one.type === other.type) return same ? undefined : "two keys of one type that are not the same";
  if (one.type === "custom" || other.type === "custom") return undefined;
  const families = [familyOf(one.type), familyOf(other.type)];
  if (families[0] !== families[1]) return `no ${one.type} and ${other.type} key are of one folder`;
  if (one.type === "E" && other.type === "F" && one.reveal().slice(1, 33) !== other.reveal().slice(1)) {
    return "the F key is not the one of that E key";
  }
  return undefined;
}

/** Bodies in characters, after the letter. An E key has 58, as btsync prints it, or 64, as its documents say. */
const bodies: Readonly<Record<Exclude<KeyType, "custom">, readonly number[]>> = {
  A: [32],
  B: [32],
  D: [32],
  E: [58, 64],
  F: [32],
  R: [32],
};

const rightsOf: Readonly<Record<Exclude<KeyType, "custom">, FolderKey["rights"]>> = {
  A: "read and write",
  B: "read",
  D: "read and write",
  E: "read",
  F: "store encrypted",
  R: "read",
};

const order: readonly KeyType[] = ["A", "D", "B", "R", "E", "F", "custom"];

function familyOf(type: KeyType): "plain" | "encrypted" {
  return type === "D" || type === "E" || type === "F" ? "encrypted" : "plain";
}

function standardType(key: string): Exclude<KeyType, "custom"> | undefined {
  const letter = key.charAt(0);
  if (!isType(letter) || !/^[A-Z2-7]+$/.test(key)) return undefined;
  return bodies[letter].includes(key.length - 1) ? letter : undefined;
}

function isType(letter: string): letter is Exclude<KeyType, "custom"> {
  return Object.hasOwn(bodies, letter);
}

/** What is wrong with a key that is no standard one; undefined for one that somebody made up, in base64. */
function problemOf(key: string): string | undefined {
  if (key === "") return "holds no key in its first line";
  if (/[\s"']/.test(key)) return "holds more than a key in its first line: no blank and no quote is in one";
  if (/^C[A-Z2-7]{32}$/.test(key)) {
    return "holds a one-time key (C), which is good for one device and a short time; take the A or B key";
  }
  if (/^M[A-Z2-7]+$/.test(key)) return "holds an identity's key (M), not a folder's";
  if (standardType(key.toUpperCase()) !== undefined) return lowerCase;
  if (isCustom(key)) return undefined;
  const odd = key.search(/[^A-Z2-7]/);
  if (odd >= 0) {
    const meant = likely[key.charAt(odd)];
    const advice = meant === undefined ? "" : ` (${key.charAt(odd)} for ${meant}?)`;
    return `has a typing error at character ${odd + 1}: a key has only A to Z and 2 to 7${advice}`;
  }
  const letter = key.charAt(0);
  if (!isType(letter))
    return "holds no folder's key: one begins with A, B, D, E, F or R, which says its rights";
  const lengths = bodies[letter].map((body) => body + 1).join(" or ");
  return `holds a key of ${key.length} characters: one that begins with ${letter} has ${lengths}`;
}

const lowerCase = "holds letters in lower case; a key is in capitals";

const likely: Readonly<Record<string, string>> = { "0": "O", "1": "I", "8": "B", "9": "G" };

/** At least 30 bytes in 40 characters of base64. One of capitals and 2 to 7 alone is a standard key gone wrong. */
function isCustom(key: string): boolean {
  return (
    /^[A-Za-z0-9+/]{40,}={0,2}$/.test(key) &&
    /[a-z+/]/.test(key) &&
    key.replace(/=+$/, "").length % 4 !== 1 &&
    !isNearlyStandard(key)
  );
}

/** One wrong character in a key of the right length is a typing error, and no key that somebody made up. */
function isNearlyStandard(key: string): boolean {
  const letter = key.charAt(0);
  const strange = key.replaceAll(/[A-Z2-7]/g, "").length;
  return isType(letter) && bodies[letter].includes(key.length - 1) && strange <= 3;
}
