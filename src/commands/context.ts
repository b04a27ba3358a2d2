import type { Prompt } from "../core/prompt.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";

/** Everything a command may touch. The program makes the real one; tests pass their own. */
export interface Context {
  /** Data, to stdout. */
  readonly out: (text: string) => void;
  /** Everything else, to stderr. */
  readonly err: (text: string) => void;
  readonly terminal: Terminal;
  readonly prompt: Prompt;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  readonly home: string;
  readonly cwd: string;
  /** Folder of pins, snapshots and records: `$XDG_STATE_HOME/pimesh`. */
  readonly stateFolder: string;
  readonly connect: (node: Node, inventory: Inventory) => Promise<Connection>;
}

/** What the two output streams can show. */
export interface Terminal {
  /** stdout is a terminal: tables may be decorated. */
  readonly decorated: boolean;
  /** stderr is a terminal: live lines may be redrawn. */
  readonly live: boolean;
  readonly colour: boolean;
  /** Width of stdout in columns; undefined when it is not a terminal and COLUMNS is not set. */
  readonly columns: number | undefined;
}
