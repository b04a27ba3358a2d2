import { exitCode } from "../core/exit-code.ts";
import type { PimeshError } from "../core/error.ts";
import type { Note } from "./report.ts";

/** Errors of many nodes as notes, in the order in which they first appear; the same error is said once. */
export function errorNotes(errors: readonly PimeshError[]): Note[] {
  return groupNotes(
    errors.map((error) => ({
      about: error.node === undefined ? [] : [error.node],
      text: `${error.message} (${error.code})`,
      try: error.hint === undefined ? [] : [error.hint],
      tone: error.exitCode === exitCode.unreachable ? "warn" : "bad",
    })),
  );
}

/**
 * Notes that say the same of different nodes become one that names them all. A message that begins with the name of
 * its node (`mom: …`) or a command that ends with it (`pimesh trust mom`) still is the same message. What is said of one
 * node keeps its order, so that a cause stands before what follows from it.
 */
export function groupNotes(notes: readonly Note[]): Note[] {
  const groups = new Map<string, Group>();
  const last = new Map<string, Group>();
  for (const note of notes) {
    const text = withoutOwnName(note);
    const key = JSON.stringify([note.tone, text, note.try.map((command) => masked(command, note.about))]);
    const group = groups.get(key);
    if (group === undefined || note.about.length === 0) {
      const made = {
        about: [...note.about],
        text,
        tries: [...note.try],
        tone: note.tone,
        after: new Set<Group>(),
      };
      groups.set(group === undefined ? key : `${key}${groups.size}`, made);
      follow(made, note.about, last);
      continue;
    }
    group.about.push(...note.about.filter((name) => !group.about.includes(name)));
    group.tries.push(...note.try.filter((command) => !group.tries.includes(command)));
    follow(group, note.about, last);
  }
  return inOrder([...groups.values()]).map((group) => ({
    about: group.about,
    text: group.text,
    try: group.tries,
    tone: group.tone,
  }));
}

interface Group {
  readonly about: string[];
  readonly text: string;
  readonly tries: string[];
  readonly tone: Note["tone"];
  /** What is said of one of its nodes before. */
  readonly after: Set<Group>;
}

function follow(group: Group, names: readonly string[], last: Map<string, Group>): void {
  for (const name of names) {
    const before = last.get(name);
    if (before !== undefined && before !== group) group.after.add(before);
    last.set(name, group);
  }
}

/** By first appearance, but none before what it follows; where two nodes contradict each other, appearance decides. */
function inOrder(groups: readonly Group[]): Group[] {
  const waiting = new Set(groups);
  const ordered: Group[] = [];
  while (waiting.size > 0) {
    const all = [...waiting];
    const next = (all.find(({ after }) => all.every((other) => !after.has(other))) ?? all[0]) as Group;
    waiting.delete(next);
    ordered.push(next);
  }
  return ordered;
}

function withoutOwnName(note: Note): string {
  const [name] = note.about;
  return name !== undefined && note.text.startsWith(`${name}: `)
    ? note.text.slice(name.length + 2)
    : note.text;
}

function masked(command: string, names: readonly string[]): string {
  return command
    .split(" ")
    .map((word) => (names.includes(word) ? "\0" : word))
    .join(" ");
}
