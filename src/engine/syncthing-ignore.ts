/**
 * Which paths a `.stignore` hides, by Syncthing's own rules (docs.syncthing.net, "Ignoring Files", and the behaviour
 * of 1.19.2): the first line that matches decides; `!` re-includes; a line without a leading `/` matches at any depth.
 *
 * Texts and paths are latin1 strings, one character a byte; `?` and `[…]` take a whole UTF-8 character.
 */
export interface SyncthingRules {
  ignores(path: string): boolean;
  /** Lines that this reader cannot follow: with any of these the answer of `ignores` is only a guess. */
  readonly unclear: readonly string[];
}

export function compileSyncthingIgnore(lines: readonly string[]): SyncthingRules {
  const rules: Rule[] = [];
  const unclear: string[] = [];
  for (const line of new Set(lines.map(trimGo))) {
    if (line === "" || line.startsWith("//")) continue;
    if (line.startsWith("#include") || line.startsWith("#escape")) {
      unclear.push(line);
      continue;
    }
    const rule = parseLine(line);
    if (rule) rules.push(rule);
    else unclear.push(line);
  }
  return {
    unclear,
    ignores(path) {
      let folded: string | undefined;
      for (const rule of rules) {
        const subject = rule.fold ? (folded ??= lowerUtf8(path)) : path;
        if (rule.patterns.some((pattern) => pattern.test(subject))) return rule.hides;
      }
      return false;
    },
  };
}

/** Syncthing trims what Go calls white space, which does not include a byte order mark. The text is latin1. */
export function trimGo(line: string): string {
  const blank =
    /^(?:[\t\n\v\f\r ]|\xc2\x85|\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)+/;
  const blankEnd =
    /(?:[\t\n\v\f\r ]|\xc2\x85|\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)+$/;
  return line.replace(blank, "").replace(blankEnd, "");
}

interface Rule {
  readonly hides: boolean;
  readonly fold: boolean;
  readonly patterns: readonly RegExp[];
}

/** undefined for a line that puts the whole folder into error. */
function parseLine(line: string): Rule | undefined {
  const { prefixes, glob } = splitPrefixes(line);
  const fold = prefixes.has("(?i)");
  if (glob === "") return undefined;
  const patterns: RegExp[] = [];
  for (const pattern of expand(fold ? lowerUtf8(glob) : glob)) {
    const source = globSource(pattern);
    if (source === undefined) return undefined;
    patterns.push(new RegExp(`^(?:${source})$`, "s"));
  }
  return { hides: !prefixes.has("!"), fold, patterns };
}

type Prefix = "!" | "(?i)" | "(?d)";

/** What stands before the glob: each at most once, in any order. A second one is a part of the glob. */
export function splitPrefixes(line: string): {
  readonly prefixes: ReadonlySet<Prefix>;
  readonly glob: string;
} {
  const prefixes = new Set<Prefix>();
  let glob = line;
  for (;;) {
    const prefix = known.find((one) => glob.startsWith(one) && !prefixes.has(one));
    if (prefix === undefined) return { prefixes, glob };
    prefixes.add(prefix);
    glob = glob.slice(prefix.length);
  }
}

const known: readonly Prefix[] = ["!", "(?i)", "(?d)"];

/** One line stands for up to four globs over the whole path. */
function expand(line: string): string[] {
  const bases = line.endsWith("/") ? [`${line}**`] : line.endsWith("/**") ? [line] : [line, `${line}/**`];
  return bases.flatMap((base) => {
    if (base.startsWith("/")) return [base.slice(1)];
    if (base.startsWith("**/")) return [base, base.slice(3)];
    return [base, `**/${base}`];
  });
}

const utf8Character = String.raw`(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff])`;

/** Syncthing's globs (gobwas/glob with `/` as the separator) as a regular expression; undefined when malformed. */
function globSource(glob: string): string | undefined {
  let source = "";
  let depth = 0;
  for (let index = 0; index < glob.length; index += 1) {
    const character = glob.charAt(index);
    if (character === "*") {
      if (glob.charAt(index + 1) === "*") {
        index += 1;
        while (glob.charAt(index + 1) === "*") index += 1;
        // `a/**/z` matches `a/z` too [ran], while `/**/x` does not match `x`.
        const between = glob.charAt(index - 2) === "/" && glob.charAt(index + 1) === "/";
        source += between ? "(?:.*/)?" : ".*";
        if (between) index += 1;
      } else {
        source += "[^/]*";
      }
    } else if (character === "?") {
      source += `(?!/)${utf8Character}`;
    } else if (character === "[") {
      const end = glob.indexOf("]", index + 1);
      if (end < 0) return undefined;
      const set = characterSet(glob.slice(index + 1, end));
      if (set === undefined) return undefined;
      source += set;
      index = end;
    } else if (character === "{") {
      depth += 1;
      source += "(?:";
    } else if (character === "}" && depth > 0) {
      depth -= 1;
      source += ")";
    } else if (character === "," && depth > 0) {
      source += "|";
    } else if (character === "\\") {
      index += 1;
      if (index >= glob.length) return undefined;
      source += literal(glob.charAt(index));
    } else {
      source += literal(character);
    }
  }
  return depth === 0 ? source : undefined;
}

/** `[a-z]` and `[!a]`; `[^a]` means "^ or a" [ran]. */
function characterSet(body: string): string | undefined {
  const negated = body.startsWith("!");
  const members = Array.from(Buffer.from(negated ? body.slice(1) : body, "latin1").toString("utf8"));
  if (members.length === 0) return undefined;
  let alternatives = "";
  for (let index = 0; index < members.length; index += 1) {
    const low = members[index] as string;
    const high = members[index + 1] === "-" && members[index + 2] !== undefined ? members[index + 2] : low;
    if (high !== low) index += 2;
    alternatives += range(low.codePointAt(0) as number, (high as string).codePointAt(0) as number);
  }
  const one = `(?:${alternatives.slice(1)})`;
  return negated ? `(?!/)(?!${one})${utf8Character}` : `(?!/)${one}`;
}

/** Alternatives for a range of characters, each with a leading `|`. */
function range(low: number, high: number): string {
  if (high < 0x80) return `|[${hex(low)}-${hex(high)}]`;
  let alternatives = low < 0x80 ? `|[${hex(low)}-\\x7f]` : "";
  // Beyond ASCII one alternative a character; ranges of thousands are not written by people.
  for (let code = Math.max(low, 0x80); code <= Math.min(high, low + 4096); code += 1) {
    alternatives += `|${[...Buffer.from(String.fromCodePoint(code), "utf8")].map(hex).join("")}`;
  }
  return alternatives;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

function literal(character: string): string {
  return hex(character.charCodeAt(0));
}

function lowerUtf8(bytes: string): string {
  return Buffer.from(Buffer.from(bytes, "latin1").toString("utf8").toLowerCase(), "utf8").toString("latin1");
}
