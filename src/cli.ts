#!/usr/bin/env node
import { exitCode } from "./core/exit-code.ts";
import { PimeshError } from "./core/error.ts";
import { run } from "./program.ts";

// A reader that has gone (`pimesh diff … | head`) is no error and no reason for a stack.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(process.exitCode ?? exitCode.fine);
  });
}

try {
  process.exitCode = await run(process.argv.slice(2));
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
