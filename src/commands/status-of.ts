import { once } from "node:events";
import { formatBytes } from "../core/bytes.ts";
import { PimeshError } from "../core/error.ts";
import { worstExitCode, type ExitCode } from "../core/exit-code.ts";
import { thousands } from "../core/thousands.ts";
import { eachNode } from "../fleet/each-node.ts";
import type { MeasuredCounts } from "../history/measurement.ts";
import type { Inventory, Node } from "../inventory/inventory.ts";
import { renderErrors } from "../render/errors.ts";
import { renderJson } from "../render/json.ts";
import { liveLines } from "../render/live.ts";
import { renderNotes } from "../render/notes.ts";
import { renderTable } from "../render/table.ts";
import { statusDocument } from "../report/status-document.ts";
import { statusReport, type StatusResult } from "../report/status.ts";
import type { Context } from "./context.ts";
import { judgeNode, type JudgedNode } from "./judge-node.ts";
import { observeLaptop, type SeenLaptop } from "./observe-laptop.ts";
import { observeNode, type Observed } from "./observe-node.ts";

export interface StatusOptions {
  readonly inventory?: string;
  /** One JSON document in place of the table. */
  readonly json?: boolean;
  /** Bytes as plain numbers. */
  readonly bytes?: boolean;
  /** Walks through every tree, in place of asking the nodes' own indexes. */
  readonly fresh?: boolean;
  /** One table, however wide. */
  readonly wide?: boolean;
  /** Takes the laptop's tree as it is now for the right one. */
  readonly acceptLaptopTree?: boolean;
}

/** Asks the nodes side by side while the laptop counts its own tree, then says how they stand against it. */
export async function statusOf(
  context: Context,
  inventory: Inventory,
  nodes: readonly Node[],
  options: StatusOptions,
): Promise<ExitCode> {
  const { result, told, failed } = await ask(context, inventory, nodes, options);
  if (context.signal.aborted)
    throw new PimeshError("E-INTERRUPTED", "interrupted before every node had answered");
  const report = statusReport(result, options.bytes === true ? "exact" : "human");
  if (options.json === true) {
    context.out(renderJson(statusDocument(result)));
  } else {
    const shape = { ...context.terminal, ...(options.wide === true ? { columns: undefined } : {}) };
    context.out(renderTable(report.columns, report.rows, shape));
    const notes = renderNotes(report.notes, context.terminal, context.terminal.decorated ? "" : "# ");
    if (notes !== "") context.out(`\n${notes}`);
  }
  if (told.length + failed.length > 0) context.err(renderErrors([...told, ...failed], context.terminal));
  return worstExitCode([report.exitCode, ...failed.map((error) => error.exitCode)]);
}

interface Asked {
  readonly result: StatusResult;
  /** Records of the past that could not be used. */
  readonly told: readonly PimeshError[];
  /** What could not be kept for the next time. */
  readonly failed: readonly PimeshError[];
}

async function ask(
  context: Context,
  inventory: Inventory,
  nodes: readonly Node[],
  options: StatusOptions,
): Promise<Asked> {
  using lines = liveLines(context, ["laptop", ...nodes.map(({ name }) => name)], {
    plain: "silent",
    busy: () => context.prompt.asking?.() === true,
  });
  const laptop = observeLaptop(context, inventory, {
    accept: options.acceptLaptopTree === true,
    progress: (entries) => lines.update("laptop", `counting ${inventory.laptop.tree}: ${entries} so far`),
  }).then((seen) => {
    // Said first: without the laptop's tree no number below it means anything.
    if (seen.error !== undefined) lines.print(renderErrors([seen.error], context.terminal).trimEnd());
    lines.done("laptop", seen.counted === undefined ? "not counted" : amountOf(seen.counted.counts));
    return seen;
  });
  const judged: Promise<JudgedNode>[] = [];
  const observed = eachNode(
    nodes,
    (node) =>
      observeNode(context, inventory, node, {
        fresh: options.fresh === true,
        doing: (text) => lines.update(node.name, text),
      }),
    {
      onOutcome: (outcome) => {
        lines.done(outcome.node, outcome.ok ? summaryOf(outcome.value) : outcome.error.message);
        // While others are still asked
        const index = nodes.findIndex(({ name }) => name === outcome.node);
        judged[index] = judgeAgainst(laptop, (reference) =>
          judgeNode(context, inventory, nodes[index] as Node, outcome, reference.counted?.counts),
        );
      },
    },
  );
  // A node that hangs must not hold a person who has pressed Ctrl-C.
  const [reference] = await Promise.race([Promise.all([laptop, observed]), interruption(context.signal)]);
  const all = await Promise.all(judged);
  return {
    result: { at: context.now(), reference, nodes: all.map(({ node }) => node) },
    told: all.flatMap((one) => one.told),
    failed: [...reference.failed, ...all.flatMap((one) => one.failed)],
  };
}

/** Its failure waits until somebody asks for it. */
function judgeAgainst(
  laptop: Promise<SeenLaptop>,
  judgeOne: (reference: SeenLaptop) => Promise<JudgedNode>,
): Promise<JudgedNode> {
  const judged = laptop.then(judgeOne);
  judged.catch(() => undefined);
  return judged;
}

/** Never settles well: rejects when Ctrl-C is pressed. */
async function interruption(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw new PimeshError("E-INTERRUPTED", "interrupted before every node had answered");
}

function summaryOf({ measurement, countError }: Observed): string {
  if (measurement.counts !== null) return amountOf(measurement.counts);
  return countError === undefined ? `answered; its disk is ${measurement.disk.state}` : countError.message;
}

function amountOf(counts: MeasuredCounts): string {
  return `${thousands(counts.files)} files, ${formatBytes(counts.bytes)}`;
}
