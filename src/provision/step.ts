import type { Command } from "../core/shell.ts";

/** The parts of a provisioned node, as `--only` names them. */
export const resources = [
  "mount",
  "udev",
  "scripts",
  "swap",
  "identity",
  "folders",
  "ignore",
  "index",
  "config",
  "engine",
  "player",
  "boot",
] as const;

export type Resource = (typeof resources)[number];

/** One line of a plan. `what` names the thing, `why` the reason, both for a person. */
export type Step = Keep | Change;

/** Nothing to do, and why. */
export interface Keep {
  readonly kind: "keep";
  readonly resource: Resource;
  readonly what: string;
  readonly why: string;
}

export interface Change {
  readonly kind: "change";
  readonly resource: Resource;
  readonly what: string;
  readonly why: string;
  /** A call of `provision/apply.sh`. */
  readonly call: Command;
  /** Unified diff of a text, without a file header. */
  readonly diff?: string;
  /** Units or rules are read again after the steps that ask for it. */
  readonly needsReload?: boolean;
  /** What the call receives behind the script; at most one step of a plan has it. */
  readonly upload?: Upload;
}

/** A file of the laptop that is too large to be a word of a script. */
export interface Upload {
  readonly from: string;
  readonly bytes: number;
}

/** Something the plan does not change but the person should know, with one thing to do. */
export interface Notice {
  readonly message: string;
  readonly hint?: string;
}

export interface Plan {
  readonly node: string;
  /** What the node is, in a line. */
  readonly about: string;
  readonly steps: readonly Step[];
  readonly notices: readonly Notice[];
  /** A second part can only be planned when this one is done; why. */
  readonly continues: string | undefined;
  /** An earlier run was cut off: its journal has to be closed even when nothing is left to change. */
  readonly cutOff: boolean;
}

export function changes(plan: Plan): readonly Change[] {
  return plan.steps.filter((step) => step.kind === "change");
}
