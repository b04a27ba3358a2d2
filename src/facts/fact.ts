import type { Command } from "../core/shell.ts";

/** One question to a node. */
export interface Fact<T> {
  readonly name: string;
  /**
   * POSIX shell for dash and busybox ash, run in a subshell as the login user, with `$root` set and stdin empty. Exit
   * code 127 means: the tool or file that would know is not there. stderr is the reason of any other failure.
   */
  readonly command: Command;
  /** Reads what the command wrote, which is not blank. Throws `UnexpectedAnswer` when that is not what was asked for. */
  readonly parse: (stdout: string) => T;
  /** What silence means where it is an answer too: no such process, an empty fstab. */
  readonly whenEmpty?: T;
}
