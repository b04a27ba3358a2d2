import { exitCode, worstExitCode, type ExitCode } from "../core/exit-code.ts";
import { exitCodeOf, type Outcome } from "../core/outcome.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { renderErrors } from "../render/errors.ts";
import { renderJson } from "../render/json.ts";
import { pairingExitCode, pairingLine, type HomePairing } from "../report/pairing.ts";
import { provisionDocument, resultLine, type Provisioned } from "../report/provision.ts";
import type { Context } from "./context.ts";
import type { ProvisionOptions } from "./provision-options.ts";
import { withRealSsh } from "./real-ssh.ts";

/** What became of each node, then of the pairing of each home, then what failed. */
export function reportProvision(
  context: Context,
  inventory: Inventory,
  outcomes: readonly Outcome<Provisioned>[],
  paired: readonly Outcome<HomePairing>[],
  options: ProvisionOptions,
): ExitCode {
  if (options.json === true) {
    context.out(renderJson(provisionDocument(outcomes, paired, new Date(context.now()).toISOString())));
  } else {
    const width = Math.max(...outcomes.map((outcome) => outcome.node.length));
    const declined = outcomes.some((outcome) => outcome.ok && outcome.value.result === "planned");
    if (declined && options.dryRun !== true) context.out("nothing was changed\n");
    if (outcomes.length > 1) {
      for (const outcome of outcomes) context.out(`${outcome.node.padEnd(width)}  ${resultLine(outcome)}\n`);
    } else if (outcomes[0]?.ok === true && outcomes[0].value.result === "applied") {
      context.out(
        `${outcomes[0].node}: ${resultLine(outcomes[0])}; undo it with: pimesh rollback ${outcomes[0].node}\n`,
      );
    }
    const wide = Math.max(0, ...paired.map((outcome) => outcome.node.length));
    for (const outcome of paired) context.out(`${outcome.node.padEnd(wide)}  ${pairingLine(outcome)}\n`);
    context.err(
      renderErrors(
        [...outcomes, ...paired].flatMap((outcome) =>
          outcome.ok ? [] : [withRealSsh(outcome.error, inventory)],
        ),
        context.terminal,
      ),
    );
  }
  return worstExitCode([
    exitCodeOf(outcomes, ({ result }) => (result === "planned" ? exitCode.different : exitCode.fine)),
    ...(paired.length === 0 ? [] : [exitCodeOf(paired, pairingExitCode)]),
  ]);
}
