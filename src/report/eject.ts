import type { PimeshError } from "../core/error.ts";
import type { Ejected } from "../disk/eject-disk.ts";
import type { EjectStep } from "../disk/eject-plan.ts";
import type { Node } from "../inventory/inventory.ts";

/** What `eject` has found and done; made step by step, so that an error can tell how far it came. */
export interface EjectReport {
  readonly node: Node;
  readonly provisioned: boolean;
  readonly disk:
    | { readonly device: string; readonly uuid: string; readonly model: string; readonly serial: string }
    | undefined;
  readonly steps: readonly Pick<EjectStep, "what" | "why">[];
  readonly result: "planned" | "ejected" | "absent" | "failed";
  /** Milliseconds: an earlier eject has let it go then, and it has not come back. */
  readonly ejectedAt: number | undefined;
  readonly ejected: Ejected | undefined;
  readonly error: PimeshError | undefined;
}

/** The plan, a line each. */
export function stepLines({ node, disk, steps }: EjectReport): string[] {
  if (disk === undefined) return [];
  return [`${node.name}: ${diskText(disk)}`, ...steps.map(({ what, why }) => `  ${what}: ${why}`)];
}

/** The result, for a person who stands beside the disk. */
export function resultLines(report: EjectReport): string[] {
  const { node, result, disk, ejected, provisioned } = report;
  if (result === "absent") {
    const when =
      report.ejectedAt === undefined
        ? ""
        : `; it was ejected on ${new Date(report.ejectedAt).toISOString().slice(0, 16).replace("T", " ")} UTC and has not come back`;
    return [`${node.name}: safe to pull: no disk labelled ${node.disk.label} is at work${when}`];
  }
  if (result !== "ejected" || ejected === undefined || disk === undefined) return [];
  const lines = [firstLine(node, disk, ejected)];
  if (ejected.again.length > 0) lines.push(`  runs again: ${ejected.again.join(", ")}`);
  if (ejected.notAgain.length > 0) {
    lines.push(`  could not be started again: ${ejected.notAgain.join(", ")}`);
  }
  lines.push(
    provisioned
      ? "  plugged in again, it comes back by itself: mount, swap and engine as before"
      : `  plugged in again, it is not looked after: ${node.name} is not provisioned`,
  );
  return lines;
}

/** `eject --json`, version 1. */
export function ejectDocument(report: EjectReport, at: string): object {
  const { node, disk, steps, result, ejected, error } = report;
  return {
    schemaVersion: 1,
    at,
    node: node.name,
    result,
    safeToPull: result === "absent" || (result === "ejected" && ejected?.power.kind !== "kept"),
    disk: disk ?? null,
    steps: steps.map(({ what, why }) => ({ what, why })),
    power: ejected?.power.kind ?? null,
    again: ejected?.again ?? [],
    notAgain: ejected?.notAgain ?? [],
    error: error === undefined ? null : { code: error.code, message: error.message, try: error.hint ?? null },
  };
}

function firstLine(node: Node, disk: NonNullable<EjectReport["disk"]>, { power }: Ejected): string {
  const about = `${node.name}: safe to pull: ${diskText(disk)}`;
  if (power.kind === "off") return `${about}; its USB port is off`;
  if (power.kind === "detached") return `${about}; unmounted and detached, its power is still on`;
  if (power.kind === "powered") return `${about}; unmounted, its power is still on: ${power.why}`;
  return `${node.name}: unmounted and left plugged in: ${diskText(disk)}; to pull it, eject again without --keep-power`;
}

function diskText({ device, model, serial }: NonNullable<EjectReport["disk"]>): string {
  const words = [model, serial === "" ? "" : `serial ${serial}`].filter((word) => word !== "");
  return `${device}${words.length === 0 ? "" : ` (${words.join(", ")})`}`;
}
