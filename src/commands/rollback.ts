import { valueOf } from "../core/answer.ts";
import { exitCode, type ExitCode } from "../core/exit-code.ts";
import { PimeshError } from "../core/error.ts";
import { gatherFacts } from "../facts/gather.ts";
import { rollBack } from "../provision/apply.ts";
import { readJournal } from "../provision/journal.ts";
import { initSystemOf } from "../provision/init-library.ts";
import { profileOf } from "../provision/profile.ts";
import { selectNode } from "../inventory/select.ts";
import type { Context } from "./context.ts";
import { inventoryOf } from "./inventory-of.ts";

export interface RollbackOptions {
  readonly inventory?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Undoes the last provision of a node that is not undone yet, after showing what that is. */
export async function rollback(context: Context, name: string, options: RollbackOptions): Promise<ExitCode> {
  const inventory = await inventoryOf(context, options);
  const node = selectNode(inventory, name);
  await using connection = await context.connect(node, inventory);
  const facts = await gatherFacts(connection, node);
  const profile = profileOf(valueOf(facts.os));
  const journal = await readJournal(connection, profile.stateFolder);
  if (journal === undefined) {
    if (options.dryRun === true) {
      context.out(`${name}: no provision is left to undo\n`);
      return exitCode.fine;
    }
    throw new PimeshError("E-NOTHING-TO-ROLL-BACK", "no provision is left to undo", {
      node: name,
      hint: `see how it stands: pimesh provision ${name} --dry-run`,
    });
  }
  context.out(
    `${name}: the provision of ${journal.when}${journal.state === "open" ? ", cut off" : ""}; last step first:\n`,
  );
  for (const line of journal.steps.toReversed()) context.out(`  undo: ${line}\n`);
  if (options.dryRun === true) return exitCode.different;
  const yes =
    options.yes === true ||
    (await context.prompt.confirm(`Undo this on ${name}?`, { flag: "--yes undoes without asking" }));
  if (!yes) {
    context.out(`${name}: nothing was changed\n`);
    return exitCode.different;
  }
  // Mount point and UUID are read from the run's own journal on the node.
  const place = { profile, init: initSystemOf(facts) ?? "systemd", mount: node.disk.mount, uuid: "" };
  const left = await rollBack(connection, place, journal.run);
  for (const path of left) {
    context.out(`${name}: ${path} was changed since and stays as it is\n`);
  }
  context.out(`${name}: undone\n`);
  return exitCode.fine;
}
