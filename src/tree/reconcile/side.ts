import type { Answer, Request } from "./messages.ts";

/** One tree that can be asked. */
export interface TreeSide {
  /** For messages: a node, or `laptop`. */
  readonly name: string;
  /** In this process: asking it costs no bytes and no round trip. */
  readonly local: boolean;
  /** Does not wait; a failure comes with the next answer. */
  ask(request: Request): void;
  /**
   * The summary when the tree has been read, then the answers in the order of the questions. To be called only where an
   * answer is owed, and again only when the last one is there. Throws PimeshError; a far side is useless then.
   */
  next(): Promise<Answer>;
  /** Lets go of it. Never throws. */
  close(): Promise<void>;
}
