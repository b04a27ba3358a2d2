import { PimeshError } from "../core/error.ts";
import { Late, Reused, TooLarge } from "../ssh/exchange.ts";

/** What an exchange with a web interface that gave no answer means to a person; our own mistakes come back as they are. */
export function webError(
  error: unknown,
  {
    node,
    deadlineMs,
    interrupted,
  }: { readonly node: string; readonly deadlineMs: number; readonly interrupted: boolean },
): unknown {
  if (interrupted)
    return new PimeshError("E-INTERRUPTED", "interrupted while its engine was asked", { node });
  if (error instanceof Late) {
    return new PimeshError("E-TIMED-OUT", `its web interface did not answer within ${deadlineMs / 1000} s`, {
      node,
      hint: "it may be suspended, or very busy: ask again in a minute",
    });
  }
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "E-PORT-CLOSED" || code === "ECONNREFUSED") {
    return new PimeshError("E-ENGINE-DOWN", "nobody answers where its web interface should be", {
      node,
      cause: error,
    });
  }
  if (error instanceof PimeshError) return error;
  if (error instanceof TooLarge) {
    return new PimeshError("E-ENGINE-ANSWER", "its web interface is not understood: it does not end", {
      node,
    });
  }
  if (error instanceof Reused || code === "ECONNRESET" || code === "EPIPE") {
    return new PimeshError("E-CONNECTION-LOST", "its web interface went away while it was asked", {
      node,
      cause: error,
      hint: "it may be restarting: run the command again",
    });
  }
  return typeof code === "string"
    ? new PimeshError("E-ENGINE-ANSWER", "its web interface is not understood: it is no HTTP", {
        node,
        cause: error,
      })
    : error;
}
