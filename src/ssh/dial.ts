import { connect, type Socket } from "node:net";

/** Nothing can be said to a host: the message, without the host, is for people. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/**
 * A TCP connection to a host name or number, IPv4 or IPv6, within `timeoutMs` (name lookup included).
 * Rejects with `NoAnswer`.
 */
export function dial(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      autoSelectFamily: true,
      // Node gives up an attempt after 250 ms when a name has IPv4 and IPv6 addresses (nodejs/node #54359), which is
      // too short for a home line: every address gets half of the time.
      autoSelectFamilyAttemptTimeout: Math.max(250, Math.floor(timeoutMs / 2)),
    });
    const timer = setTimeout(() => fail(new NoAnswer(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    if (signal.aborted) queueMicrotask(() => onAbort());
    const onAbort = (): void => fail(new NoAnswer("interrupted"));
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    // Stays for the life of the socket: an error without a listener would end the process.
    socket.on("error", (error) => fail(new NoAnswer(reason(error), { cause: error })));
    socket.once("connect", () => {
      settle();
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function reason(error: NodeJS.ErrnoException): string {
  const inner = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error];
  return [...new Set(inner.map((one) => words[one.code ?? ""] ?? one.message))].join(", ");
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused (no SSH server on that port)",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name cannot be looked up now (is this laptop online?)",
  EHOSTUNREACH: "no route to it, or it is switched off",
  ENETUNREACH: "no route to its network",
  ETIMEDOUT: "no answer",
  ECONNRESET: "the connection was reset",
};
