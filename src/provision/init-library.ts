import { valueOf } from "../core/answer.ts";
import type { Facts } from "../facts/facts.ts";
import { nodeText } from "./texts.ts";

/** The init systems that provision knows its way with. */
export type InitSystem = "systemd" | "sysvinit";

/** Undefined: another one, or the node does not say. */
export function initSystemOf(facts: Pick<Facts, "init">): InitSystem | undefined {
  const kind = valueOf(facts.init)?.kind;
  return kind === "other" ? undefined : kind;
}

/** The shell functions that apply.sh and inspect.sh call of it: stands before either. */
export function initLibrary(init: InitSystem): Promise<string> {
  return nodeText(`init/${init}.sh`);
}
