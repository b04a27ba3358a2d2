import type { Paired } from "./paired.ts";
import type { Rest } from "./rest-client.ts";

/** A Syncthing that pimesh may speak to, on the laptop or on a node. Disposing it closes the way there. */
export interface Instance extends Disposable {
  readonly rest: Rest;
  /** Whose is it? `ours` lies on a node's disk and is configured as a whole; `theirs` is the user's own on the laptop. */
  readonly whose: "ours" | "theirs";
  readonly paired: Paired;
  /** Why the record of what was paired cannot be used; it is taken for empty then, and nothing is taken out. */
  readonly pairedProblem: string | undefined;
  /** Keeps a record in place of the old one. Errors: E-STATE, and those of `Connection.run`. */
  keepPaired(paired: Paired): Promise<void>;
}
