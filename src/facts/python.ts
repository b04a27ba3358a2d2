import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

export interface Python {
  /** `3.11.2`. */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
}

export const python: Fact<Python> = {
  name: "python",
  // Up to 3.3 it answered on stderr
  command: sh`command -v python3 >/dev/null || exit 127
exec python3 --version 2>&1`,
  parse: (stdout) => {
    const match = /^Python ((\d+)\.(\d+)\S*)/m.exec(stdout);
    if (!match) throw new UnexpectedAnswer("a version of Python", stdout);
    const [, version, major, minor] = match as unknown as [string, string, string, string];
    return { version, major: Number(major), minor: Number(minor) };
  },
};
