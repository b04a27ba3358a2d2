import type { Terminal } from "./context.ts";

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What the output streams can show. NO_COLOR (no-color.org) beats FORCE_COLOR, which beats what the stream is;
 * COLUMNS beats the terminal's own width.
 */
export function terminalOf(env: Env, stdout: Stream, stderr: Stream): Terminal {
  const decorated = stdout.isTTY === true;
  const columns = Number(env["COLUMNS"] ?? stdout.columns);
  return {
    decorated,
    live: stderr.isTTY === true && env["TERM"] !== "dumb",
    colour: colourWanted(env, decorated),
    columns: Number.isInteger(columns) && columns > 0 ? columns : undefined,
  };
}

function colourWanted(env: Env, tty: boolean): boolean {
  if (isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0";
  return tty && env["TERM"] !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
