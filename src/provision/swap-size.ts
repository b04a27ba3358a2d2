import { formatBytes } from "../core/bytes.ts";
import { thousands } from "../core/thousands.ts";
import { memoryShort } from "../engine/memory-model.ts";
import type { Node, Swap } from "../inventory/inventory.ts";

/** A node whose swap file has a size: what `swap: auto` leads to, or what the inventory says. */
export type SizedNode = Omit<Node, "swap"> & {
  readonly swap: (Omit<Swap, "bytes"> & { readonly bytes: number }) | false;
};

export interface SwapSizeQuestion {
  /** Files that the tree is to hold; undefined before the first count. */
  readonly files: number | undefined;
  /** Bytes. */
  readonly memoryTotal: number | undefined;
  /** Bytes of the swap file that an earlier provision has made; 0 for none. */
  readonly made: number;
}

export interface SwapSize {
  readonly node: SizedNode;
  /** Why `auto` has led to this size, or to no file; undefined where the inventory says the size itself. */
  readonly why: string | undefined;
  /** One thing to do, where the size is not known yet. */
  readonly hint?: string;
}

const mebi = 1024 * 1024;

/**
 * Rule of `auto`: what the engine lacks at its worst, a quarter more (trees grow, and the model is an estimate), in whole
 * 256 MiB, at least 512 MiB and at most 8 GiB. A file that is there stays while what is lacked fits into it: so a tree
 * that grows a little does not lead to a new file at each run, and one that shrinks to none.
 */
export function sizeSwap(node: Node, question: SwapSizeQuestion): SwapSize {
  const { swap } = node;
  if (swap === false) return { node: { ...node, swap }, why: undefined };
  const { bytes } = swap;
  if (bytes !== "auto") return { node: { ...node, swap: { ...swap, bytes } }, why: undefined };
  const { files, memoryTotal, made } = question;
  const sized = (size: number, why: string, hint?: string): SwapSize => ({
    node: { ...node, swap: size === 0 ? false : { ...swap, bytes: size } },
    why: size !== 0 && size === made ? `${why}; the ${formatBytes(made)} that it has stay` : why,
    ...(hint === undefined ? {} : { hint }),
  });
  if (node.engine === false) return sized(made, "no engine is configured that could need it");
  if (files === undefined || memoryTotal === undefined) {
    const unknown = files === undefined ? "nobody has counted the tree yet" : "its memory is not known";
    return sized(made, unknown, `count it, then provision again: pimesh status ${node.name}`);
  }
  const short = memoryShort(node.engine, files, memoryTotal);
  const tree = `${thousands(files)} files and ${formatBytes(memoryTotal)} of memory`;
  if (short === 0 && swap.require !== true) {
    return sized(made, `none is needed: ${node.engine} fits into memory (${tree})`);
  }
  const wanted = clamp(Math.ceil((short * 1.25) / (256 * mebi)) * 256 * mebi);
  const why = `${node.engine} may lack ${formatBytes(short)} (${tree})`;
  return sized(made >= Math.min(Math.max(short, smallest), largest) ? made : wanted, why);
}

const smallest = 512 * mebi;
const largest = 8192 * mebi;

function clamp(bytes: number): number {
  return Math.min(Math.max(bytes, smallest), largest);
}
