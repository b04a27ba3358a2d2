import type { ClientChannel } from "ssh2";
import { PimeshError } from "../core/error.ts";
import type { Link } from "./link.ts";

/** A channel on which the server runs `text`, within a deadline: also a server that answers keepalives can forget it. */
export function execOn(
  link: Link,
  text: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ClientChannel> {
  const node = link.name;
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (act: () => void): void => {
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      act();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const onAbort = (): void =>
      fail(new PimeshError("E-INTERRUPTED", "interrupted before it ran anything", { node }));
    const timer = setTimeout(
      () =>
        fail(new PimeshError("E-TIMED-OUT", `no channel was opened within ${timeoutMs / 1000} s`, { node })),
      timeoutMs,
    );
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      link.client.exec(text, (error, channel) => {
        if (!error) {
          channel.on("error", () => undefined);
          if (settled) channel.close();
          return settle(() => resolve(channel));
        }
        if (link.lost !== undefined) return fail(link.lostError("before a command was started"));
        const message = `the server does not run commands: ${error.message}`;
        return fail(new PimeshError("E-SSH-PROTOCOL", message, { node, cause: error }));
      });
    } catch (error) {
      // ssh2 throws at once when the socket is gone.
      const lost = link.lost !== undefined;
      fail(lost || !(error instanceof Error) ? link.lostError("before a command was started") : error);
    }
  });
}
