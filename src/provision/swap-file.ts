import { formatBytes } from "../core/bytes.ts";
import { sh } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Inspection, SwapFileFound } from "./inspection.ts";
import type { Step } from "./step.ts";
import type { SizedNode } from "./swap-size.ts";

/** The swap file lies beside the tree, not in it. */
export function swapFilePath(node: Node): string | undefined {
  return node.swap === false ? undefined : swapFilePlace(node);
}

/** Where it lies on a node that has one. */
export function swapFilePlace(node: Node): string {
  return `${node.disk.mount}/swapfile`;
}

/**
 * Complete, private, without holes and with a header of this kernel's page size; checked on every run. `refused`: the
 * inventory says that there is to be none, so ours goes; where `auto` needs none, one that is there stays.
 */
export function planSwapFile(
  node: SizedNode,
  inspection: Inspection,
  pageSize: number,
  refused: boolean,
): Step[] {
  const path = swapFilePlace(node);
  if (node.swap === false) return refused ? planRemoval(path, inspection) : [];
  const { bytes } = node.swap;
  const wrong = swapFault(node, inspection);
  if (wrong === undefined && inspection.swapFile?.pageSize !== pageSize) {
    return [
      {
        kind: "change",
        resource: "swap",
        what: `write a new header into the swap file ${path}`,
        why:
          inspection.swapFile?.pageSize === undefined
            ? "its header is lost, and without one the kernel refuses it"
            : `its header is for another page size than this kernel's ${pageSize} bytes: another model of Pi has made it`,
        call: sh`swap_header ${path} ${bytes}`,
      },
    ];
  }
  if (wrong === undefined) {
    return [{ kind: "keep", resource: "swap", what: path, why: `${formatBytes(bytes)}, as it should be` }];
  }
  return [
    {
      kind: "change",
      resource: "swap",
      what: `make the swap file ${path} of ${formatBytes(bytes)}`,
      why: wrong,
      call: sh`swap_file ${path} ${bytes}`,
    },
  ];
}

/** A file in its place that is no swap file is somebody's own. */
function planRemoval(path: string, { swapFile }: Inspection): Step[] {
  if (swapFile?.pageSize === undefined) return [];
  return [
    {
      kind: "change",
      resource: "swap",
      what: `remove the swap file ${path} (${formatBytes(swapFile.bytes)})`,
      why: "the inventory says swap: false; there is nothing in it to lose, and undoing this makes a new one of that size",
      call: sh`remove_swap_file ${path}`,
    },
  ];
}

/** Bytes that have to be free for it, beside those of the old one that it takes the place of. */
export function swapRoom(node: SizedNode, inspection: Inspection): number {
  if (node.swap === false || swapFault(node, inspection) === undefined) return 0;
  return Math.max(0, node.swap.bytes - (inspection.swapFile?.allocated ?? 0));
}

/** Why the swap file has to be made, or undefined when it is as it should be but for its header, or not wanted. */
function swapFault(node: SizedNode, inspection: Inspection): string | undefined {
  if (node.swap === false) return undefined;
  return inspection.swapFile === undefined ? "there is none" : fault(inspection.swapFile, node.swap.bytes);
}

function fault(found: SwapFileFound, bytes: number): string | undefined {
  if (found.bytes !== bytes) return `it has ${formatBytes(found.bytes)}, want ${formatBytes(bytes)}`;
  if (found.mode !== "600") return `its mode is ${found.mode}: others could read memory from it`;
  if (found.owner !== "0:0") return `its owner is ${found.owner}, not root`;
  // swapon refuses holes. Extent and indirect blocks make the allocation a little larger, never smaller.
  if (found.allocated < found.bytes) return "it has holes, which swapon refuses";
  return undefined;
}
