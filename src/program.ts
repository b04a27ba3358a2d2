import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { Context } from "./commands/context.ts";
import type { ProjectsOptions } from "./commands/projects.ts";
import { exitCode, exitCodeMeaning, type ExitCode } from "./core/exit-code.ts";
import { PimeshError } from "./core/error.ts";
import { version } from "./version.ts";

/**
 * argv (without node and script) → exit code. Every command is loaded when it is asked for, so that `--version`
 * costs no more than commander itself.
 */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  if (argv[0] === "help" && argv[1] === "exit-codes") {
    process.stdout.write(exitCodeTable());
    return exitCode.fine;
  }
  const interrupt = new AbortController();
  const release = listenForInterrupt(interrupt);
  const result: { code: ExitCode } = { code: exitCode.fine };
  try {
    await buildProgram(interrupt.signal, result).parseAsync(argv, { from: "user" });
    return interrupt.signal.aborted ? exitCode.interrupted : result.code;
  } catch (error) {
    if (interrupt.signal.aborted && !isBug(error)) return exitCode.interrupted;
    if (!(error instanceof CommanderError)) throw error;
    // commander leaves help and version by an error of exit code 0; its real errors all carry 1.
    return error.exitCode === 0 ? exitCode.fine : exitCode.usage;
  } finally {
    release();
  }
}

type Work<A extends unknown[]> = (context: Context, ...args: A) => Promise<ExitCode>;

function buildProgram(signal: AbortSignal, result: { code: ExitCode }): Command {
  const program = new Command("pimesh")
    .description("Cares for a family's fleet of Raspberry Pis from a laptop.")
    .version(version, "-V, --version")
    .helpCommand("help [command]", "show help; `pimesh help exit-codes` explains the exit codes")
    .showSuggestionAfterError()
    .showHelpAfterError("(pimesh --help shows how)")
    .exitOverride();

  /** An action that gets the real context and leaves its exit code behind. */
  const action =
    <A extends unknown[]>(load: () => Promise<Work<A>>) =>
    async (...args: [...A, Command]): Promise<void> => {
      const [{ realContext }, work] = await Promise.all([import("./commands/real-context.ts"), load()]);
      const { context, close } = realContext(signal);
      try {
        result.code = await work(context, ...(args.slice(0, -1) as A));
      } finally {
        await close();
      }
    };

  const command = (usage: string, description: string): Command =>
    program.command(usage).description(description).addOption(inventoryOption());

  program
    .command("init")
    .description("write a first inventory: asks, or takes everything from flags; never overwrites one")
    .option("-o, --output <file>", "where to write it", "pimesh.yaml")
    .option("--tree <folder>", "the synced folder on this laptop")
    .option("--node <name=address>", "a node; give it once for each", collect)
    .option("--user <name>", "login name on the nodes")
    .option("-y, --yes", "ask nothing")
    .action(action(async () => (await import("./commands/init.ts")).init));

  command("check", "validate the inventory: every problem with its line and column").action(
    action(async () => (await import("./commands/check.ts")).check),
  );

  command("trust <node...>", "show a node's host key and pin it: the only way a new key is ever accepted")
    .option("--replace", "accept a key other than the pinned one, after a re-flash")
    .option("--fingerprint <SHA256:...>", "pin only if the key has this fingerprint")
    .option("-y, --yes", "pin without asking")
    .action(action(async () => (await import("./commands/trust.ts")).trust));

  command("provision [node...]", "turn plain Pis into members of the mesh: plan, show, ask, apply")
    .option("--all", "every node of the inventory")
    .option("-n, --dry-run", "show the plan and change nothing; exit 1 when something would change")
    .addOption(new Option("--only <resources>", "only these, with commas between").argParser(commaList))
    .option("-y, --yes", "apply without asking")
    .option("-v, --verbose", "show the whole text of new files and what is as it should be")
    .option("--accept-ignore-change", "change ignore rules although peers may drop files by it")
    .option("--accept-mass-change", "start the engine although many files are gone since the last look")
    .option(
      "--accept-boot-change",
      "switch the kernel's memory controller on in cmdline.txt where the disk's swap needs it",
    )
    .option("--move-hidden", "move aside what lies under the mount point on the SD card")
    .option("--json", "plan and result as one JSON document")
    .action(action(async () => (await import("./commands/provision.ts")).provision));

  command("rollback <node>", "undo the last provision of a node")
    .option("-n, --dry-run", "show what would be undone; exit 1 when there is something")
    .option("-y, --yes", "undo without asking")
    .action(action(async () => (await import("./commands/rollback.ts")).rollback));

  const disk = program.command("disk").description("a node's USB disk: make a new one ready for it");
  disk
    .command("prepare <node>")
    .description(
      "erase a disk that is plugged into a node and make it the node's data disk: ext4, label, identity",
    )
    .addOption(inventoryOption())
    .requiredOption("--device <path>", "the whole disk on the node, such as /dev/sda")
    .option("--erase-data <uuid>", "what is on it and may be lost; once for each file system", collect)
    .option("--confirm <node>", "the node's name once more, instead of typing it")
    .option("-n, --dry-run", "show the disk and what is on it, and change nothing; exit 1")
    .option("--json", "one JSON document")
    .addHelpText("after", diskPrepareHelp)
    .action(action(async () => (await import("./commands/disk-prepare.ts")).diskPrepare));

  command(
    "eject <node>",
    "make a node's disk safe to pull: engine, swap and mount go, its USB port is switched off",
  )
    .option("-n, --dry-run", "show what would be done; exit 1 when there is something")
    .option("--keep-power", "unmount only: leave the disk plugged in, to check it or prepare it anew")
    .option("--json", "one JSON document")
    .addHelpText("after", ejectHelp)
    .action(action(async () => (await import("./commands/eject.ts")).eject));

  command("status [node...]", "one table that tells the truth about all nodes against the laptop")
    .option("--fresh", "count every file now, in place of asking each node's own index")
    .option("--bytes", "exact numbers")
    .option("--wide", "every column in one table, however wide")
    .option("--json", "one JSON document")
    .option("--accept-laptop-tree", "take the laptop's tree as it is now for the right one")
    .action(action(async () => (await import("./commands/status.ts")).status));

  command("diff <left> <right>", "which files differ between two trees; either may be `laptop`")
    .option("--checksum", "compare contents where sizes agree")
    .option(
      "--cached",
      "read the index that each node keeps of its tree, and say how old it is; no tree is walked",
    )
    .option("--summary", "only the totals")
    .addOption(
      new Option("--mtime-window <seconds>", "times this close are the same").argParser(seconds).default(0),
    )
    .option("--bytes", "exact numbers")
    .option("-v, --verbose", "say how the trees were read and what it cost")
    .option("--json", "one JSON document")
    .option("--accept-laptop-tree", "take the laptop's tree as it is now for the right one")
    .action(action(async () => (await import("./commands/diff.ts")).diff));

  command(
    "projects [tree]",
    "git repositories and folders of thousands of small files, with what to do about each",
  )
    .option("--bytes", "exact numbers")
    .option("--json", "one JSON document")
    .option("--accept-laptop-tree", "take the laptop's tree as it is now for the right one")
    .addHelpText("after", projectsHelp)
    .action(
      action(async () => {
        const { projects } = await import("./commands/projects.ts");
        return async (context, tree: string | undefined, options: ProjectsOptions) =>
          projects(context, tree ?? "laptop", options);
      }),
    );

  command(
    "conflicts [home...]",
    "files that were changed at two homes at the same time, over all homes and the laptop",
  )
    .option("--bytes", "exact numbers")
    .option("--json", "one JSON document")
    .option("--accept-laptop-tree", "take the laptop's tree as it is now for the right one")
    .addHelpText("after", conflictsHelp)
    .action(action(async () => (await import("./commands/conflicts.ts")).conflicts));

  program
    .command("demo")
    .description("three simulated Pis on this machine: provision, status and diff against them")
    .option("--keep", "leave them running to play with, until Ctrl-C")
    .action(action(async () => (await import("./commands/demo.ts")).demo));

  return program;
}

const diskPrepareHelp = `
Nothing of it can be undone. It shows the disk and what is on it, and asks for the
node's name before it erases anything. The system's own disk, a disk in use and a
disk with data are refused (exit 5); for the last, the refusal says which
--erase-data would allow it. Run again, it finishes what was cut off.`;

const ejectHelp = `
Refused (exit 5) while something else has files of the disk open, or what is in its
swap would not fit into memory; whatever was stopped until then runs again. Plugged
in again, the disk comes back by itself.`;

const projectsHelp = `
Reads the laptop's tree, or that of the node that is named. It changes nothing: it
prints commands to paste. Exit code 1 when something was found.`;

const conflictsHelp = `
Of a node's tree only the names that tell a conflict copy cross the line. Exit code 1
when something was found.`;

function inventoryOption(): Option {
  return new Option(
    "-i, --inventory <file>",
    "the inventory (else ./pimesh.yaml upward, then the user's own)",
  ).env("PIMESH_INVENTORY");
}

function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

function commaList(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function seconds(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value)) throw new InvalidArgumentError("It takes seconds, such as 2.");
  return Number(value);
}

function exitCodeTable(): string {
  const lines = Object.entries(exitCodeMeaning).map(([code, meaning]) => `${code.padStart(4)}  ${meaning}\n`);
  return `Exit codes of every command. Of several, the worst: 70, 2, 5, 3, 4, 1.\n\n${lines.join("")}`;
}

/** The first Ctrl-C lets everything end in order; the second leaves at once. */
function listenForInterrupt(interrupt: AbortController): () => void {
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(exitCode.interrupted);
    process.stderr.write("\ninterrupted: ending in order; once more leaves at once\n");
    interrupt.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
}

function isBug(error: unknown): boolean {
  return !(error instanceof PimeshError) && !(error instanceof Error && error.name === "AbortError");
}
