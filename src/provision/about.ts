import { valueOf } from "../core/answer.ts";
import type { Facts } from "../facts/facts.ts";
import type { Node } from "../inventory/inventory.ts";
import type { PresentDisk } from "../facts/disk-of.ts";

/** `Raspberry Pi 4 Model B Rev 1.4, Debian GNU/Linux 13 (trixie)`. */
export function systemOf(facts: Facts): string {
  return (
    [valueOf(facts.model), valueOf(facts.os)?.name].filter((part) => part !== undefined).join(", ") ||
    "unknown machine"
  );
}

/** The node and its disk in one line. */
export function aboutNode(facts: Facts, node: Node, disk: PresentDisk): string {
  const where = disk.mounted === undefined ? "not mounted yet" : `mounted at ${disk.mounted.target}`;
  return `${systemOf(facts)}; disk ${disk.device} (${node.disk.label}, ${disk.uuid}), ${where}`;
}
