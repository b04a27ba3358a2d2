import type { Duplex } from "node:stream";
import { PimeshError } from "../core/error.ts";
import { NoAnswer } from "./dial.ts";
import type { Link } from "./link.ts";

/** Why an SSH server opens no channel (RFC 4254, section 5.1). */
const prohibited = 1;
const connectFailed = 2;
const unknownType = 3;

/**
 * A TCP stream from the machine at the end of a link to a port of its own 127.0.0.1.
 *
 * Errors: E-PORT-CLOSED, E-FORWARDING-REFUSED, E-TIMED-OUT, E-INTERRUPTED, E-CONNECTION-LOST, E-SSH-PROTOCOL.
 */
export async function tunnelOn(
  link: Link,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Duplex> {
  try {
    return await link.forward("127.0.0.1", port, timeoutMs, signal);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const about = { node: link.name, cause: error };
    if (signal.aborted) {
      throw new PimeshError("E-INTERRUPTED", `interrupted on the way to its port ${port}`, about);
    }
    if (link.lost !== undefined) throw link.lostError(`on the way to its port ${port}`);
    throw tunnelError(error.cause, port, timeoutMs, about);
  }
}

function tunnelError(
  cause: unknown,
  port: number,
  timeoutMs: number,
  about: { readonly node: string; readonly cause: Error },
): PimeshError {
  if (!(cause instanceof Error)) {
    const message = `its SSH server opened no way to its port ${port} within ${timeoutMs / 1000} s`;
    return new PimeshError("E-TIMED-OUT", message, { ...about, hint: "run the command again" });
  }
  const reason = (cause as { readonly reason?: unknown }).reason;
  if (reason === connectFailed) {
    const hint = `see who listens: ssh ${about.node} ss -ltn`;
    return new PimeshError("E-PORT-CLOSED", `nothing listens on its 127.0.0.1:${port}`, { ...about, hint });
  }
  if (reason === prohibited || reason === unknownType) {
    return new PimeshError("E-FORWARDING-REFUSED", "its SSH server forbids TCP forwarding", {
      ...about,
      hint: `allow it in /etc/ssh/sshd_config of ${about.node}: AllowTcpForwarding local`,
    });
  }
  const message = `its SSH server opens no way to its port ${port}: ${cause.message}`;
  return new PimeshError("E-SSH-PROTOCOL", message, about);
}
