import { formatBytes } from "../core/bytes.ts";
import { sh } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Inspection, SwapFileFound } from "./inspection.ts";
import type { Step } from "./step.ts";

/** The swap file lies beside the tree, not in it. */
export function swapFilePath(node: Node): string | undefined {
  return node.swap === false ? undefined : `${node.disk.mount}/swapfile`;
}

/** Complete, private, without holes and with a header of this kernel's page size; checked on every run. */
export function planSwapFile(node: Node, inspection: Inspection, pageSize: number): Step[] {
  const path = swapFilePath(node);
  if (node.swap === false || path === undefined) return [];
  const { bytes } = node.swap;
  const wrong = swapFault(node, inspection, pageSize);
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

/** Bytes that have to be free for it: the new one is complete before an old one goes. */
export function swapRoom(node: Node, inspection: Inspection, pageSize: number): number {
  return node.swap === false || swapFault(node, inspection, pageSize) === undefined ? 0 : node.swap.bytes;
}

/** Why the swap file has to be made, or undefined when it is as it should be, or not wanted. */
function swapFault(node: Node, inspection: Inspection, pageSize: number): string | undefined {
  if (node.swap === false) return undefined;
  return inspection.swapFile === undefined
    ? "there is none"
    : fault(inspection.swapFile, node.swap.bytes, pageSize);
}

function fault(found: SwapFileFound, bytes: number, pageSize: number): string | undefined {
  if (found.bytes !== bytes) return `it has ${formatBytes(found.bytes)}, want ${formatBytes(bytes)}`;
  if (found.mode !== "600") return `its mode is ${found.mode}: others could read memory from it`;
  if (found.owner !== "0:0") return `its owner is ${found.owner}, not root`;
  if (found.pageSize !== pageSize)
    return `its header is for another page size than this kernel's ${pageSize} bytes`;
  // swapon refuses holes. Extent and indirect blocks make the allocation a little larger, never smaller.
  if (found.allocated < found.bytes) return "it has holes, which swapon refuses";
  return undefined;
}
