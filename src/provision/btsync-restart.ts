import { valueOf } from "../core/answer.ts";
import { sh } from "../core/shell.ts";
import type { PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import { unitOf } from "../facts/unit-of.ts";
import type { KeyEngineDesired } from "./btsync-desired.ts";
import type { Change, Notice } from "./step.ts";

/** What a change of its files means for an engine that runs. */
export type EngineChange =
  | { readonly kind: "none" }
  /** Nothing of it is planned before the disk is mounted. */
  | { readonly kind: "later"; readonly why: string }
  /**
   * Stopped before the change and started after it, both steps of one plan: cut off in between, it stands still, and the next run
   * starts it. An engine that would go on with what it has read once would look up to date for ever.
   */
  | { readonly kind: "restart"; readonly stop: Change; readonly notice: Notice };

export function planEngineChange(input: {
  readonly facts: Facts;
  readonly unit: string | undefined;
  /** Undefined: it can be told only when the disk is mounted, or nothing is to be told. */
  readonly desired: KeyEngineDesired | undefined;
  readonly disk: PresentDisk;
}): EngineChange {
  const { facts, unit, desired, disk } = input;
  if (unit === undefined || desired?.changes !== true || !isActive(facts, unit)) return { kind: "none" };
  // Before it is started again, its files may have to be counted
  if (disk.mounted === undefined) {
    return { kind: "later", why: `${unit} gets its new configuration when the disk is mounted` };
  }
  return {
    kind: "restart",
    stop: {
      kind: "change",
      resource: "engine",
      what: `stop ${unit}`,
      why: "it reads its configuration at its start alone",
      call: sh`stop_unit ${unit}`,
    },
    notice: {
      message: `${unit} goes on with the configuration that it has read at its start`,
      hint: `start it anew when nothing speaks against it: ssh to it, sudo service ${unit.replace(/\.service$/, "")} restart`,
    },
  };
}

/** An init script's engine is stopped by a script of ours, which a node that was never provisioned does not have. */
function isActive(facts: Facts, unit: string): boolean {
  if (unit.endsWith(".service")) return unitOf(facts, unit)?.activeState === "active";
  const engine = valueOf(facts.processes)?.some(({ runs }) => runs === "btsync" || runs === "resilio");
  return engine === true && valueOf(facts.provisioned) !== undefined;
}
