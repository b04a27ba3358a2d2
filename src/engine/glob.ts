/**
 * Matches one path component against a pattern of `*` (any run) and `?` (one byte); all else stands for itself.
 * Both are latin1 strings, one character a byte. Time is at most pattern × name: no input makes it explode.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    const wanted = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (wanted === asterisk) {
      star = p;
      resume = n;
      p += 1;
    } else if (wanted === question || wanted === name.charCodeAt(n)) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      // The last star takes one byte more; earlier stars never need to be tried again.
      p = star + 1;
      resume += 1;
      n = resume;
    } else {
      return false;
    }
  }
  while (pattern.charCodeAt(p) === asterisk) p += 1;
  return p === pattern.length;
}

export function hasWildcard(pattern: string): boolean {
  return pattern.includes("*") || pattern.includes("?");
}

const asterisk = 0x2a;
const question = 0x3f;
