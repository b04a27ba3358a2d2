import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { Fact } from "../../src/facts/fact.ts";
import { temporaryFolder } from "../support/folder.ts";
import { requires } from "../support/requires.ts";

/** The shells that a node's `sh` may be, as far as this machine has them. */
export const askingShells = [
  { name: "dash", words: ["dash"] },
  { name: "busybox ash", words: ["busybox", "ash"] },
].filter(({ words }) => requires(words[0] as string));

/** A folder that stands for `/`: files by path; `-> x` is a link. */
export function standingRoot(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith("-> ")) symlinkSync(text.slice(3), join(root, path));
    else writeFileSync(join(root, path), text);
  }
  return root;
}

/**
 * What one question says in a real shell, read by its own parser; the exit code where it is not 0. Its quick way has to say the
 * same, or to give up.
 */
export function ask<T>(fact: Fact<T>, root: string, words: readonly string[]): T | number {
  const { command, quick } = fact;
  const proper = answer(fact, run(`q() {\n${command.text}\n}\n(q </dev/null)`, root, words));
  if (quick !== undefined) {
    const { text } = quick === "itself" ? command : quick;
    const said = run(`q() {\n${text}\n}\nq </dev/null`, root, words);
    if (said.status === 0 || said.status === 127) expect(answer(fact, said)).toEqual(proper);
  }
  return proper;
}

interface Said {
  readonly stdout: string;
  readonly status: number | null;
}

function run(script: string, root: string, words: readonly string[]): Said {
  const [shell, ...before] = words as [string, ...string[]];
  return spawnSync(shell, [...before, "-c", `root=${root}\n${script}`], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
}

function answer<T>(fact: Fact<T>, { stdout, status }: Said): T | number {
  if (status !== 0) return status ?? -1;
  return stdout.trim() === "" && fact.whenEmpty !== undefined ? fact.whenEmpty : fact.parse(stdout);
}
