import { formatBytes } from "../core/bytes.ts";
import type { PimeshError } from "../core/error.ts";
import { contentsOf, isUnfinished, type Content } from "../disk/contents.ts";
import type { Disk } from "../disk/device-look.ts";
import { contentText, ownerText } from "../disk/guard-prepare.ts";
import type { Node } from "../inventory/inventory.ts";

/** What `disk prepare` has found and done; made step by step, so that an error can tell how far it came. */
export interface PrepareReport {
  readonly node: Node;
  /** As typed. */
  readonly device: string;
  readonly pinned: string | undefined;
  readonly disk: Disk | undefined;
  readonly result: "planned" | "prepared" | "failed";
  /** The new file system. */
  readonly made: { readonly device: string; readonly uuid: string } | undefined;
  readonly error: PimeshError | undefined;
}

/** Which disk it is and what is on it, a line each: shown before anything is asked. */
export function diskLines({ node, disk, pinned }: PrepareReport): string[] {
  if (disk === undefined) return [];
  const words = [
    formatBytes(disk.bytes),
    disk.model === "" ? "model unknown" : disk.model,
    disk.serial === "" ? "no serial number" : `serial ${disk.serial}`,
    disk.bus ?? "bus unknown",
  ];
  const contents = contentsOf(disk);
  const owner = ownerText(disk, node, pinned);
  return [
    `${node.name}: ${disk.path}, ${words.join(", ")}`,
    ...contents.map((content) => `  holds ${contentText(content)}, ${keyText(content)}`),
    ...(contents.length > 0
      ? []
      : [
          isUnfinished(disk)
            ? "  holds what an earlier disk prepare has left that was cut off"
            : "  holds nothing: it was never formatted",
        ]),
    ...(owner === undefined ? [] : [`  ${owner}`]),
  ];
}

/** What is about to be done, in one line. */
export function intentLine({ node }: PrepareReport): string {
  return `  to do: erase all of it; one partition with ext4, labelled ${node.disk.label}, as the disk of ${node.name}`;
}

/** What comes next, when it is done; `confFolder` is where the node's pin lies. */
export function nextLines({ node, made, disk, pinned }: PrepareReport, confFolder: string): string[] {
  if (made === undefined || disk === undefined) return [];
  const lines = [
    `${node.name}: ${made.device} is ready: ext4, labelled ${node.disk.label}, UUID ${made.uuid}`,
  ];
  if (pinned === undefined) return [...lines, `  next: pimesh provision ${node.name}`];
  return [
    ...lines,
    `  ${node.name} is pinned to another disk (UUID ${pinned}) and goes on refusing this one; to give it this one for good,`,
    `  take the other one out and its pin away: ssh ${node.name} sudo rm ${confFolder}/node.conf; then: pimesh provision ${node.name}`,
  ];
}

/** `disk prepare --json`, version 1. */
export function prepareDocument(report: PrepareReport, at: string): object {
  const { node, device, disk, result, made, error } = report;
  return {
    schemaVersion: 1,
    at,
    node: node.name,
    device,
    result,
    disk:
      disk === undefined
        ? null
        : {
            path: disk.path,
            bytes: disk.bytes,
            model: disk.model,
            serial: disk.serial,
            bus: disk.bus ?? null,
            unfinished: isUnfinished(disk),
            contents: contentsOf(disk).map((content) => ({
              path: content.volume.path,
              what: content.what,
              label: content.label ?? null,
              eraseData: content.key,
              usedBytes: content.volume.holds?.usedBytes ?? null,
              node: content.volume.identity?.node ?? null,
            })),
          },
    made: made === undefined ? null : { ...made, label: node.disk.label },
    error: error === undefined ? null : { code: error.code, message: error.message, try: error.hint ?? null },
  };
}

function keyText({ key, volume }: Content): string {
  return volume.tags.get("UUID") === key ? `UUID ${key}` : `known as ${key}`;
}
