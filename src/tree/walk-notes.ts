import type { Unreadable } from "./entry.ts";

/** What the walk said beside its records: exit codes, and the places that it could not read. */
export interface WalkNotes {
  readonly places: readonly Unreadable[];
  /** Why the answer cannot be trusted, or undefined when everything is accounted for. */
  readonly failure: string | undefined;
}

/**
 * Reads `status walk N`, `status describe N`, `status order N` and the errors of find and stat in the C locale. What has vanished in the
 * meantime is no error. An error that cannot be tied to a place leaves the whole answer in doubt.
 */
export function readNotes(notes: Buffer): WalkNotes {
  const places: Unreadable[] = [];
  const codes: Record<string, number> = {};
  const stray: string[] = [];
  for (const line of notes.toString("latin1").split("\n")) {
    const status = /^status (walk|describe|order) (\d+)$/.exec(line);
    if (status) codes[status[1] as string] = Number(status[2]);
    else if (line !== "") {
      const place = placeOf(line);
      if (place === undefined) stray.push(line);
      else if (place !== "vanished") places.push(place);
    }
  }
  return { places, failure: failureOf(codes, stray, places) };
}

function failureOf(
  codes: Readonly<Record<string, number>>,
  stray: readonly string[],
  places: readonly Unreadable[],
): string | undefined {
  const said =
    stray.length === 0 ? "" : `: ${Buffer.from(stray.slice(0, 3).join("; "), "latin1").toString()}`;
  if (codes["walk"] === undefined || codes["order"] === undefined) return `the walk broke off${said}`;
  if (codes["order"] !== 0) return `sorting or summing failed with exit code ${codes["order"]}${said}`;
  if ((codes["describe"] ?? 0) !== 0)
    return `looking at the files failed with exit code ${codes["describe"]}${said}`;
  // find ends with 1 when it has complained about anything, the vanished included; a signal or a crash gives more.
  if (codes["walk"] > 1) return `the walk failed with exit code ${codes["walk"]}${said}`;
  if (stray.some((line) => /^(?:find|stat|readlink|Traceback)\b/.test(line)))
    return `the walk was incomplete${said}`;
  if (codes["walk"] === 1 && places.length === 0 && stray.length > 0) return `the walk was incomplete${said}`;
  return undefined;
}

function placeOf(line: string): Unreadable | "vanished" | undefined {
  const match = /^(?:find|stat|readlink): (?:can't stat |cannot stat(?:x)? |can't open )?(.+): ([^:]+)$/.exec(
    line,
  );
  if (!match) return undefined;
  const [, subject, reason] = match as unknown as [string, string, string];
  if (reason === "No such file or directory" || reason === "Not a directory") return "vanished";
  const name = subject.startsWith("'") ? unquote(subject) : subject;
  if (name === ".") return { path: Buffer.alloc(0), kind: "unreadable", reason };
  if (!name?.startsWith("./")) return undefined;
  return { path: Buffer.from(name.slice(2), "latin1"), kind: "unreadable", reason };
}

/** GNU's quoting in the C locale: 'a\nb', with \' \\, the letters of C and octal numbers; busybox's plain quotes too. */
function unquote(quoted: string): string | undefined {
  if (quoted.length < 2 || !quoted.endsWith("'")) return undefined;
  return quoted.slice(1, -1).replaceAll(/\\([0-7]{3}|.)/gs, (_, escape: string) => {
    if (escape.length === 3) return String.fromCharCode(Number.parseInt(escape, 8));
    return letters[escape] ?? escape;
  });
}

const letters: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
