import { exitCode, type ExitCode } from "./exit-code.ts";

/**
 * Every way in which pimesh can fail, as a stable code to search for, with the exit code it leads to.
 * A message says what failed and the likely cause; a hint is one command to try.
 */
export const errorCodes = {
  // usage and inventory
  "E-USAGE": exitCode.usage,
  "E-INVENTORY": exitCode.usage,
  "E-INVENTORY-MISSING": exitCode.usage,
  "E-NODE-UNKNOWN": exitCode.usage,
  "E-NEEDS-TTY": exitCode.usage,
  // reaching a node
  "E-NO-ADDRESS-ANSWERS": exitCode.unreachable,
  "E-HOST-KEY-UNKNOWN": exitCode.failed,
  "E-HOST-KEY-CHANGED": exitCode.failed,
  "E-HOST-KEY-REVOKED": exitCode.failed,
  "E-HOST-KEY-CONTRADICTION": exitCode.failed,
  "E-KNOWN-HOSTS": exitCode.failed,
  "E-AUTH-REFUSED": exitCode.failed,
  "E-KEY-UNUSABLE": exitCode.failed,
  "E-SSH-PROTOCOL": exitCode.failed,
  "E-CONNECTION-LOST": exitCode.unreachable,
  "E-TIMED-OUT": exitCode.unreachable,
  "E-NOT-POSIX": exitCode.failed,
  "E-SUDO-REFUSED": exitCode.failed,
  "E-FORWARDING-REFUSED": exitCode.failed,
  "E-PORT-CLOSED": exitCode.failed,
  // work on a node
  "E-COMMAND-FAILED": exitCode.failed,
  "E-FACTS-INCOMPLETE": exitCode.failed,
  "E-LOCKED": exitCode.failed,
  "E-CHANGED-MEANWHILE": exitCode.failed,
  "E-APPLY-FAILED": exitCode.failed,
  "E-NO-SYSTEMD": exitCode.failed,
  "E-NOTHING-TO-ROLL-BACK": exitCode.failed,
  "E-NO-LISTER": exitCode.failed,
  "E-SCAN-FAILED": exitCode.failed,
  "E-FAR-END-VERSION": exitCode.failed,
  "E-TREE-ABSENT": exitCode.failed,
  "E-INDEX": exitCode.failed,
  "E-STATE": exitCode.failed,
  "E-TOOL-MISSING": exitCode.failed,
  "E-PREPARE-FAILED": exitCode.failed,
  "E-EJECT-FAILED": exitCode.failed,
  // the sync engine
  "E-ENGINE-ABSENT": exitCode.failed,
  "E-ENGINE-DOWN": exitCode.failed,
  "E-ENGINE-KEY": exitCode.failed,
  "E-ENGINE-REFUSED": exitCode.failed,
  "E-ENGINE-ANSWER": exitCode.failed,
  // guards: nothing was changed
  "E-DISK-ABSENT": exitCode.refused,
  "E-DISK-NOT-MOUNTED": exitCode.refused,
  "E-DISK-WRONG": exitCode.refused,
  "E-DISK-AMBIGUOUS": exitCode.refused,
  "E-DISK-READ-ONLY": exitCode.refused,
  "E-DISK-NOT-EXT4": exitCode.refused,
  "E-DISK-FULL": exitCode.refused,
  "E-DISK-ELSEWHERE": exitCode.refused,
  "E-NOT-A-DISK": exitCode.refused,
  "E-DISK-SYSTEM": exitCode.refused,
  "E-DISK-IN-USE": exitCode.refused,
  "E-DISK-TOO-SMALL": exitCode.refused,
  "E-DISK-HAS-DATA": exitCode.refused,
  "E-DISK-BUSY": exitCode.refused,
  "E-SWAP-HELD": exitCode.refused,
  "E-NOT-CONFIRMED": exitCode.refused,
  "E-MOUNT-POINT-TAKEN": exitCode.refused,
  "E-NOT-OURS": exitCode.refused,
  "E-BOOT-FILE": exitCode.refused,
  "E-ENGINE-PROGRAM": exitCode.refused,
  "E-ENGINE-CONFIG": exitCode.refused,
  "E-HIDDEN-FILES": exitCode.refused,
  "E-IGNORE-DROPS": exitCode.refused,
  "E-MASS-CHANGE": exitCode.refused,
  "E-OVERLAY-ROOT": exitCode.refused,
  "E-LAPTOP-TREE": exitCode.refused,
  // the rest
  "E-DECLINED": exitCode.different,
  "E-INTERRUPTED": exitCode.interrupted,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** The node that it happened on; printed before the message. */
  readonly node?: string;
  /** One command to try, or one thing to do. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The only error that is shown to a user without a stack; anything else is a bug. */
export class PimeshError extends Error {
  override readonly name = "PimeshError";
  readonly code: ErrorCode;
  readonly node: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.node = details.node;
    this.hint = details.hint;
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code];
  }

  /** `mom: the disk is absent (E-DISK-ABSENT)`, then the hint on a line of its own. */
  render(): string {
    const first = `${this.node === undefined ? "" : `${this.node}: `}${this.message} (${this.code})`;
    return this.hint === undefined ? first : `${first}\n  try: ${this.hint}`;
  }
}
