import type { Duplex } from "node:stream";
import ssh2, {
  type AuthenticationType,
  type Client,
  type NextAuthHandler,
  type ServerHostKeyAlgorithm,
} from "ssh2";
import { hostKeyOf, type HostKey } from "./host-key.ts";
import type { Login } from "./login.ts";
import { leaveOtherHostKeys } from "./other-host-keys.ts";
import type { Timeouts } from "./timeouts.ts";

export interface SessionOptions {
  /** A connected TCP socket, a channel through a jump host, or a ProxyCommand. The session owns it. */
  readonly socket: Duplex;
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  /** Judges the host key, at once: required, because ssh2 takes any key when nobody judges. */
  readonly judge: (key: HostKey) => boolean;
  /** Runs when the server has proven that it owns the key, before anything about us is sent. */
  readonly proven?: (key: HostKey) => Promise<void>;
  /** `none`: ends once the host key is proven; not even a user name is sent. */
  readonly login: Login | "none";
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

export type Stage = "banner" | "handshake" | "login";

/** Why there is no session. `said` is what stood where an SSH banner should be, or the server's words of farewell. */
export class SessionFailure extends Error {
  readonly stage: Stage;
  readonly reason: "closed" | "timed out" | "protocol" | "host key refused" | "not let in" | "interrupted";
  readonly said: string | undefined;

  constructor(stage: Stage, reason: SessionFailure["reason"], message: string, said?: string) {
    // The words may be a stranger's: without control characters, which could repaint the terminal.
    super(message.replaceAll(/\p{Cc}+/gu, " "));
    this.stage = stage;
    this.reason = reason;
    this.said = said;
  }
}

export interface Session {
  readonly client: Client;
  /** What the server calls itself: `OpenSSH_9.2p1 Debian-2`, `dropbear_2022.83`. */
  readonly software: string;
}

/**
 * An SSH session over a socket: key exchange, host key, then authentication, in this order and each within its own
 * deadline. Rejects with a `SessionFailure`, or with what `proven` threw; the socket is gone then.
 */
export function openSession(options: SessionOptions): Promise<Session> {
  return new Promise((resolve, reject) => {
    const { socket, timeouts, signal, login } = options;
    const client = new ssh2.Client();
    const deadline = new Deadline((ms) => fail("timed out", `no answer within ${ms / 1000} s`, noBanner()));
    let stage: Stage = "banner";
    let firstBytes = "";
    let settled = false;
    let provenKey: Promise<void> = Promise.resolve();
    let seen: HostKey | undefined;

    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      deadline.stop();
      signal.removeEventListener("abort", onAbort);
      return true;
    };
    const failWith = (error: Error): void => {
      if (!settle()) return;
      // The listener for late errors stays: without one they would end the process.
      client.end();
      socket.destroy();
      reject(error);
    };
    const fail = (reason: SessionFailure["reason"], message: string, said?: string): void =>
      failWith(new SessionFailure(stage, reason, message, said));
    const onAbort = (): void => fail("interrupted", "interrupted");
    const noBanner = (): string | undefined => {
      const line = firstBytes.split("\n")[0]?.trim() ?? "";
      return stage === "banner" && line !== "" && !line.startsWith("SSH-") ? line : undefined;
    };
    const closed = (detail: string): void => fail("closed", detail, noBanner());

    client.on("error", (error: Error & { level?: string; code?: unknown }) => {
      if (error.level === "agent" || (error.level === "client-authentication" && stage === "login")) {
        // One key failed; ssh2 goes on with the next method by itself.
        if (login !== "none" && !error.message.startsWith("All configured")) login.noteCurrent(error);
        return;
      }
      if (stage === "login" && typeof error.code === "number") {
        fail("not let in", "the server hung up", error.message);
      } else if (error.level === "client-socket") closed(error.message);
      else if (error.level === "handshake" || error.level === "protocol") {
        if (/Connection lost before handshake/.test(error.message)) closed("it closed the connection");
        else fail("protocol", error.message);
      } else if (typeof error.code === "number") fail("protocol", error.message);
      else closed(error.message);
    });
    client.on("close", () => closed("it closed the connection"));
    client.on("end", () => closed("it closed the connection"));
    client.on("handshake", () => {
      if (settled) return;
      stage = "login";
      deadline.start(timeouts.login);
      if (seen) provenKey = options.proven?.(seen) ?? Promise.resolve();
      provenKey.catch(failWith);
      if (login === "none") {
        void provenKey.then(() => {
          if (settle()) resolve({ client, software: software(firstBytes) });
          return client.end();
        }, failWith);
      }
    });
    client.on("ready", () => {
      if (settle()) resolve({ client, software: software(firstBytes) });
    });

    const verify = (blob: Buffer, answer: (valid: boolean) => void): void => {
      // ssh2 takes a returned Promise for yes, so this returns nothing and answers before it returns.
      const key = hostKeyOf(blob);
      const accepted = key !== undefined && options.judge(key);
      if (!accepted) fail("host key refused", "its host key is not accepted");
      seen = key;
      answer(accepted);
    };
    const hold = async <T>(work: () => Promise<T>): Promise<T> => {
      deadline.stop();
      try {
        return await work();
      } finally {
        if (!settled) deadline.start(timeouts.login);
      }
    };
    const nextMethod = async (accepts: AuthenticationType[] | null, next: NextAuthHandler): Promise<void> => {
      if (login === "none") return;
      try {
        await provenKey;
        deadline.start(timeouts.login);
        const method = await login.next(accepts, hold);
        if (settled) return;
        if (method) next(method);
        else fail("not let in", "nothing is left to try");
      } catch (error) {
        failWith(error instanceof Error ? error : new Error(String(error)));
      }
    };

    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    deadline.start(timeouts.handshake);
    client.connect({
      sock: socket,
      username: login === "none" ? "" : login.username,
      algorithms: { serverHostKey: [...options.algorithms] },
      hostVerifier: verify,
      authHandler: (accepts, _partial, next) => void nextMethod(accepts, next),
      // Its clock would also run while a person reads a prompt.
      readyTimeout: 0,
      keepaliveInterval: timeouts.keepaliveInterval,
      keepaliveCountMax: timeouts.keepaliveCount,
    });
    leaveOtherHostKeys(client);
    socket.on("data", (chunk: Buffer) => {
      if (stage !== "banner") return;
      firstBytes = (firstBytes + chunk.toString("latin1")).slice(0, 500);
      if (/^SSH-/m.test(firstBytes)) stage = "handshake";
    });
  });
}

/** RFC 4253, section 4.2: `SSH-2.0-software comments`. */
function software(greeting: string): string {
  return /^SSH-[^-\n]*-([^\r\n]*)/m.exec(greeting)?.[1] ?? "";
}

class Deadline {
  readonly #expired: (ms: number) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(expired: (ms: number) => void) {
    this.#expired = expired;
  }

  start(ms: number): void {
    this.stop();
    this.#timer = setTimeout(() => this.#expired(ms), ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
