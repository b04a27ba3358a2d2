import type { Command } from "../core/shell.ts";

/** One question to a node. */
export interface Fact<T> {
  readonly name: string;
  /**
   * POSIX shell for dash and busybox ash, the body of a function that is run in a subshell as the login user, with `$root` set
   * and stdin empty. Status 127 means: the tool or file that would know is not there. stderr is the reason of any other failure.
   */
  readonly command: Command;
  /**
   * The same answer for less: a process costs a node more than most questions do. The body of a function that is run first, in the
   * script's own shell: it neither exits nor execs, and leaves `root`, `n` and `asked` alone. Status 127 means the same. With any
   * other failure what it printed is forgotten and `command` is asked, which says why; so a tool that may hang has no place here.
   * `itself`: the command is one that can be run so.
   */
  readonly quick?: Command | "itself";
  /** Reads what the command wrote, which is not blank. Throws `UnexpectedAnswer` when that is not what was asked for. */
  readonly parse: (stdout: string) => T;
  /** What silence means where it is an answer too: no such process, an empty fstab. */
  readonly whenEmpty?: T;
}
