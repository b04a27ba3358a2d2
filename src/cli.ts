#!/usr/bin/env node
import { exitCode, type ExitCode } from "./core/exit-code.ts";
import { PimeshError } from "./core/error.ts";
import { version } from "./version.ts";

let outputFailed = false;

// A reader that has gone (`pimesh diff … | head`) is no error: what is left to say goes nowhere, and the exit code stands.
// A full disk behind stdout is one, and no reason for a stack.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    outputFailed = true;
    if (stream === process.stdout)
      process.stderr.write(`pimesh: cannot write the output: ${error.message}\n`);
    process.exitCode = exitCode.failed;
  });
}

try {
  const code = await main(process.argv.slice(2));
  process.exitCode = outputFailed ? exitCode.failed : code;
} catch (error) {
  if (error instanceof PimeshError) {
    process.stderr.write(`${error.render()}\n`);
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(
      `pimesh: this is a bug in pimesh, not in what you did; please report it with the lines below\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = exitCode.bug;
  }
}

/** The one answer that scripts ask for in a loop needs none of the packages. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    process.stdout.write(`${version}\n`);
    return exitCode.fine;
  }
  const { run } = await import("./program.ts");
  return run(argv);
}
