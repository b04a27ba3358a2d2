import { formatBytes } from "../core/bytes.ts";
import { formatDuration } from "../core/duration.ts";
import { PimeshError } from "../core/error.ts";
import type { ExitCode } from "../core/exit-code.ts";
import { thousands } from "../core/thousands.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import { selectNode } from "../inventory/select.ts";
import { renderDiff, renderDiffJson } from "../render/diff.ts";
import { liveLines, type LiveLines } from "../render/live.ts";
import { diffExitCode, type DiffResult } from "../report/diff.ts";
import type { Connection } from "../ssh/connection.ts";
import { compareTrees, type Candidate, type ContentVerdict } from "../tree/compare.ts";
import { contentVerdicts } from "../tree/content-verdicts.ts";
import { readAhead } from "../tree/scan.ts";
import type { Context } from "./context.ts";
import { diffByQuestions } from "./diff-by-questions.ts";
import { laptopSide, nodeSide, type DiffSide } from "./diff-side.ts";
import { inventoryOf } from "./inventory-of.ts";

export interface DiffOptions {
  readonly inventory?: string;
  /** Contents decide where sizes agree, instead of times. */
  readonly checksum?: boolean;
  /** One JSON document. */
  readonly json?: boolean;
  /** Only the totals. */
  readonly summary?: boolean;
  /** Seconds that two times of the same file may lie apart. Default 0. */
  readonly mtimeWindow?: number;
  /** Nodes answer from the indexes that they keep: no tree of theirs is walked through. */
  readonly cached?: boolean;
  /** Bytes as plain numbers. */
  readonly bytes?: boolean;
  /** Says how the trees were read. */
  readonly verbose?: boolean;
  /** Takes the laptop's tree as it is now for the right one. */
  readonly acceptLaptopTree?: boolean;
}

/** Compares two trees, each the laptop's or a node's, and says what differs. Exit code 0 only when all is the same. */
export async function diff(
  context: Context,
  left: string,
  right: string,
  options: DiffOptions,
): Promise<ExitCode> {
  return diffOf(context, await inventoryOf(context, options), [left, right], options);
}

/** The same with the inventory at hand. */
export async function diffOf(
  context: Context,
  inventory: Inventory,
  [left, right]: readonly [string, string],
  options: DiffOptions,
): Promise<ExitCode> {
  if (left === right) {
    throw new PimeshError("E-USAGE", `${left} is compared with itself`, { hint: "pimesh diff --help" });
  }
  refuseCached(options);
  const nodes = [left, right].map((name) => (name === "laptop" ? undefined : selectNode(inventory, name)));
  const result = await compareSides(context, inventory, { left, right }, nodes, options);
  const pieces =
    options.json === true
      ? renderDiffJson(result, { summary: options.summary === true })
      : renderDiff(result, context.terminal, {
          numbers: options.bytes === true ? "exact" : "human",
          summary: options.summary === true,
        });
  for (const piece of pieces) context.out(piece);
  return diffExitCode(result);
}

async function compareSides(
  context: Context,
  inventory: Inventory,
  names: DiffResult["names"],
  nodes: readonly (Node | undefined)[],
  options: DiffOptions,
): Promise<DiffResult> {
  using lines = liveLines(context, [names.left, names.right], { plain: "silent" });
  const began = context.now();
  const opened: Connection[] = [];
  let opening: Promise<DiffSide>[] = [];
  try {
    const open = async (node: Node | undefined): Promise<DiffSide> => {
      if (!node) return laptopSide(context, inventory, options.acceptLaptopTree === true);
      lines.update(node.name, "connecting");
      const connection = await context.connect(node, inventory);
      opened.push(connection);
      return nodeSide(
        connection,
        node,
        inventory,
        context.signal,
        options.cached === true ? "index" : "tree",
      );
    };
    opening = nodes.map(open);
    const [left, right] = opening as [Promise<DiffSide>, Promise<DiffSide>];
    const { how, sides, ...compared } = await compare(context, { left, right }, names, options, lines);
    lines.finish();
    tell(context, sides, { how, ...compared }, options, began);
    return { names, ...compared };
  } finally {
    // A connection that opens late must be closed too
    await Promise.allSettled(opening);
    await Promise.all(opened.map(async (connection) => connection[Symbol.asyncDispose]()));
  }
}

/** An index knows neither contents nor a window of time: both take the trees themselves. */
function refuseCached({ cached, checksum, mtimeWindow }: DiffOptions): void {
  if (cached !== true) return;
  const other = checksum === true ? "--checksum" : (mtimeWindow ?? 0) > 0 ? "--mtime-window" : undefined;
  if (other === undefined) return;
  throw new PimeshError(
    "E-USAGE",
    `--cached does not go together with ${other}, which takes the trees themselves`,
    {
      hint: "pimesh diff --help",
    },
  );
}

type Two<T> = { readonly left: T; readonly right: T };

interface Compared extends Pick<DiffResult, "comparison" | "indexes"> {
  /** How it was found, a line each. */
  readonly how: readonly string[];
}

/** One side may be read while the other is still being reached. */
async function compare(
  context: Context,
  opening: Two<Promise<DiffSide>>,
  names: Two<string>,
  options: DiffOptions,
  lines: LiveLines,
): Promise<Compared & { readonly sides: readonly DiffSide[] }> {
  const open: DiffSide[] = [];
  for (const side of [opening.left, opening.right]) side.then((each) => open.push(each)).catch(() => {});
  const watch = setInterval(() => {
    for (const side of open) lines.update(side.name, `${side.scan.progress.entries} entries so far`);
  }, 250);
  try {
    const onContents = (bytes: { readonly left: number; readonly right: number }, all: number): void => {
      clearInterval(watch);
      contents ??= hashingLines(lines, all);
      contents(names.left, bytes.left);
      contents(names.right, bytes.right);
    };
    let contents: ReturnType<typeof hashingLines> | undefined;
    const asked = await diffByQuestions(context, opening, {
      names,
      mtimeWindow: options.mtimeWindow ?? 0,
      ...(options.checksum === true ? { onContents } : {}),
    });
    const sides = await Promise.all([opening.left, opening.right]);
    if ("comparison" in asked) return { ...asked, sides };
    const [left, right] = sides;
    if (options.cached === true) {
      throw new PimeshError("E-INDEX", `the trees cannot be compared by index: ${asked.listed}`, {
        hint: "the same command without --cached",
      });
    }
    const comparison = await compareTrees(readAhead(left.scan), readAhead(right.scan), {
      names,
      mtimeWindow: options.mtimeWindow ?? 0,
      hides: { left: left.hides, right: right.hides },
      ...(options.checksum === true
        ? {
            checksum: async (candidates: readonly Candidate[]) => {
              clearInterval(watch);
              return hash(candidates, left, right, lines);
            },
          }
        : {}),
    });
    const listers = await Promise.all(
      [left, right].flatMap(({ name, lister }) =>
        lister === undefined ? [] : [lister().then((tool) => `${name}: listed by ${tool}`)],
      ),
    );
    const indexes = { left: undefined, right: undefined };
    return { sides, comparison, indexes, how: [`found by listings: ${asked.listed}`, ...listers] };
  } finally {
    clearInterval(watch);
  }
}

function tell(
  context: Context,
  sides: readonly DiffSide[],
  { comparison, how }: Compared,
  options: DiffOptions,
  began: number,
): void {
  for (const side of sides) for (const note of side.notes()) context.err(`${side.name}: ${note}\n`);
  if (options.verbose !== true) return;
  sides.forEach(({ name, where }, index) => {
    const { entries } = index === 0 ? comparison.left : comparison.right;
    context.err(`${name}: ${where()}, ${thousands(entries)} entries\n`);
  });
  for (const line of how) context.err(`${line}\n`);
  context.err(`compared in ${((context.now() - began) / 1000).toFixed(1)} s\n`);
}

/** Tells how much of its files a side has read, and how long the rest will take at that pace. */
function hashingLines(lines: LiveLines, all: number): (side: string, bytes: number) => void {
  const began = performance.now();
  const first = new Map<string, number>();
  const shown = new Map<string, number>();
  return (side, bytes) => {
    const now = performance.now();
    if (now - (shown.get(side) ?? 0) < 250) return;
    shown.set(side, now);
    const before = first.get(side) ?? bytes;
    first.set(side, before);
    const rest = ((all - bytes) / (bytes - before)) * (now - began);
    const left = Number.isFinite(rest) && now - began > 5000 ? `, ${formatDuration(rest)} left` : "";
    lines.update(side, `comparing contents: ${formatBytes(bytes)} of ${formatBytes(all)}${left}`);
  };
}

async function hash(
  candidates: readonly Candidate[],
  left: DiffSide,
  right: DiffSide,
  lines: LiveLines,
): Promise<readonly ContentVerdict[]> {
  let shown = 0;
  return contentVerdicts(candidates, left, right, (hashed, all) => {
    const now = performance.now();
    if (now - shown < 250) return;
    shown = now;
    for (const side of [left, right]) {
      lines.update(side.name, `hashing: ${formatBytes(hashed)} of ${formatBytes(all)} on both sides`);
    }
  });
}
