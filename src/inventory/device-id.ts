/**
 * A Syncthing device ID in its usual form (eight groups of seven), or what is wrong with it. Input as Syncthing takes it:
 * any case, dashes and blanks anywhere, `0`, `1` and `8` for `O`, `I` and `B`, with check digits or in the old form of 52
 * characters without them (lib/protocol/deviceid.go).
 */
export function parseDeviceId(text: string): { readonly id: string } | { readonly problem: string } {
  const characters = Array.from(
    text.toUpperCase().replaceAll(/[- ]/g, ""),
    (character) => typos[character] ?? character,
  );
  if (characters.length !== 52 && characters.length !== 56) {
    return { problem: `is not a Syncthing device ID: it has ${characters.length} characters instead of 56` };
  }
  const odd = characters.find((character) => !alphabet.includes(character));
  if (odd !== undefined)
    return { problem: "is not a Syncthing device ID: only A to Z and 2 to 7 stand in one" };
  const size = characters.length / 4;
  const groups = [0, 1, 2, 3].map((group) => characters.slice(group * size, (group + 1) * size));
  const checked = groups.map((group) => [...group.slice(0, 13), checkDigit(group.slice(0, 13))].join(""));
  if (size === 14) {
    const wrong = groups.findIndex((group, index) => group.join("") !== checked[index]);
    // A group with its check digit is two of the printed groups.
    if (wrong >= 0) {
      return {
        problem: `has a typing error in its ${ordinals[wrong]} groups: the check digit does not match`,
      };
    }
  }
  return { id: (checked.join("").match(/.{7}/g) ?? []).join("-") };
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const typos: Readonly<Record<string, string>> = { "0": "O", "1": "I", "8": "B" };
const ordinals = ["1st and 2nd", "3rd and 4th", "5th and 6th", "7th and 8th"] as const;

/** Luhn mod 32 with the factors 1, 2, 1, … from the left, which is not Luhn's direction: kept so by Syncthing. */
function checkDigit(group: readonly string[]): string {
  const sum = group.reduce((total, character, index) => {
    const addend = alphabet.indexOf(character) * (index % 2 === 0 ? 1 : 2);
    return total + Math.floor(addend / 32) + (addend % 32);
  }, 0);
  return alphabet.charAt((32 - (sum % 32)) % 32);
}
