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
 * its node (`mom: …`) or a command that ends with it (`pimesh trust mom`) still is the same message.
 */
export function groupNotes(notes: readonly Note[]): Note[] {
  const groups = new Map<string, { about: string[]; text: string; tries: string[]; tone: Note["tone"] }>();
  for (const note of notes) {
    const text = withoutOwnName(note);
    const key = JSON.stringify([note.tone, text, note.try.map((command) => masked(command, note.about))]);
    const group = groups.get(key);
    if (group === undefined || note.about.length === 0) {
      groups.set(group === undefined ? key : `${key}${groups.size}`, {
        about: [...note.about],
        text,
        tries: [...note.try],
        tone: note.tone,
      });
      continue;
    }
    group.about.push(...note.about.filter((name) => !group.about.includes(name)));
    group.tries.push(...note.try.filter((command) => !group.tries.includes(command)));
  }
  return [...groups.values()].map((group) => ({
    about: group.about,
    text: group.text,
    try: group.tries,
    tone: group.tone,
  }));
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
