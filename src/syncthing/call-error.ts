import { PimeshError } from "../core/error.ts";
import { Late, Reused, TooLarge } from "../ssh/exchange.ts";
import { nonsense, shown, type Call } from "./rest-error.ts";

/** What an exchange that gave no answer means to a person; anything that is our own mistake comes back as it is. */
export function callError(
  error: unknown,
  call: Call,
  options: { readonly deadlineMs: number; readonly downHint: string; readonly interrupted: boolean },
): unknown {
  const { node } = call;
  if (options.interrupted) {
    return new PimeshError("E-INTERRUPTED", `interrupted while Syncthing was asked ${shown(call)}`, { node });
  }
  if (error instanceof Late) {
    const seconds = options.deadlineMs / 1000;
    return new PimeshError("E-TIMED-OUT", `Syncthing did not answer ${shown(call)} within ${seconds} s`, {
      node,
      hint: "it may be suspended, or very busy: ask again in a minute",
    });
  }
  const code = codeOf(error);
  if (code === "E-PORT-CLOSED" || code === "ECONNREFUSED" || code === "ENOENT") {
    const { downHint: hint } = options;
    return new PimeshError("E-ENGINE-DOWN", "Syncthing does not run", { node, hint, cause: error });
  }
  if (error instanceof PimeshError) return error;
  if (error instanceof TooLarge) return nonsense(call, "it is larger than 16 MiB");
  if (error instanceof Reused || code === "ECONNRESET" || code === "EPIPE") {
    return new PimeshError("E-CONNECTION-LOST", `Syncthing went away while it was asked ${shown(call)}`, {
      node,
      cause: error,
      hint: "it may be restarting: run the command again",
    });
  }
  if (code.startsWith("HPE_")) return nonsense(call, "it is no HTTP", error);
  return code === "" ? error : nonsense(call, (error as Error).message, error);
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
