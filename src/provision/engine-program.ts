import { readFile } from "node:fs/promises";
import { PimeshError } from "../core/error.ts";
import { misfit, readProgramFile } from "../engine/program-file.ts";
import type { Node } from "../inventory/inventory.ts";
import { sumOf } from "./inspection.ts";

/** The program that the user supplies, as it lies on the laptop. */
export interface LocalProgram {
  readonly from: string;
  readonly bytes: number;
  /** SHA-256, hex. */
  readonly sum: string;
  /** The loader that the node needs for it. */
  readonly loader: string | undefined;
}

/**
 * `engine: { binary: … }` of a node, looked at before anything else is; undefined where none is named. Throws E-ENGINE-PROGRAM for
 * one that is not there, is no program, or is for another machine than `architecture` (of the kernel).
 */
export async function readLocalProgram(
  node: Pick<Node, "name" | "engineSettings">,
  architecture: string | undefined,
): Promise<LocalProgram | undefined> {
  const { binary: from } = node.engineSettings;
  if (from === undefined) return undefined;
  let bytes: Buffer;
  try {
    bytes = await readFile(from);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unusable(node, from, code === "ENOENT" ? "is not there" : `cannot be read (${code})`, architecture);
  }
  const program = readProgramFile(bytes);
  if ("problem" in program) throw unusable(node, from, program.problem, architecture);
  const problem = architecture === undefined ? undefined : misfit(program, architecture);
  if (problem !== undefined) throw unusable(node, from, problem, architecture);
  return {
    from,
    bytes: bytes.length,
    sum: sumOf(bytes),
    loader: program.kind === "elf" ? program.interpreter : undefined,
  };
}

/** Also of a program whose loader is missing on the node. */
export function unusable(
  node: Pick<Node, "name">,
  from: string,
  problem: string,
  architecture: string | undefined,
): PimeshError {
  return new PimeshError("E-ENGINE-PROGRAM", `${from} ${problem}`, {
    node: node.name,
    hint: `give engine: { binary: … } the path of one on this laptop that runs on ${architecture ?? "the node"}; nothing was changed`,
  });
}
