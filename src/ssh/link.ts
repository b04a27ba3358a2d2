import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import { PimeshError } from "../core/error.ts";
import { NoAnswer } from "./dial.ts";
import type { LoginUsed } from "./login.ts";

/** An authenticated SSH connection to one machine, shared by everything in a run that goes to it or through it. */
export class Link {
  readonly name: string;
  readonly address: string;
  readonly client: Client;
  readonly login: LoginUsed;
  readonly username: string;
  /** What the server calls itself. */
  readonly software: string;
  readonly #socket: Duplex;
  readonly #closed: Promise<void>;
  #lost: string | undefined;

  constructor(parts: {
    readonly name: string;
    readonly address: string;
    readonly client: Client;
    readonly socket: Duplex;
    readonly login: LoginUsed;
    readonly username: string;
    readonly software: string;
  }) {
    this.name = parts.name;
    this.address = parts.address;
    this.client = parts.client;
    this.login = parts.login;
    this.username = parts.username;
    this.software = parts.software;
    this.#socket = parts.socket;
    // Stands for ever: an error event without a listener ends the process, also long after the login.
    this.client.on("error", (error: Error) => (this.#lost ??= reason(error)));
    this.#closed = new Promise((resolve) => {
      this.client.on("close", () => {
        this.#lost ??= "the other side closed it";
        resolve();
      });
    });
  }

  /** Why the connection is gone; undefined while it stands. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** The error of something that needed this connection when it went. */
  lostError(during: string): PimeshError {
    return new PimeshError(
      "E-CONNECTION-LOST",
      `the connection to ${this.address} was lost ${during}: ${this.#lost}`,
      {
        node: this.name,
        hint: "run the command again",
      },
    );
  }

  /** A TCP connection made by this machine, for the next hop. */
  forward(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (act: () => void): void => {
        settled = true;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = (): void => settle(() => reject(new NoAnswer("interrupted")));
      const timer = setTimeout(
        () =>
          settle(() => reject(new NoAnswer(`no answer through ${this.name} within ${timeoutMs / 1000} s`))),
        timeoutMs,
      );
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        this.client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
          // It came too late: nobody would ever close it.
          if (!error && settled) return channel.close();
          return settle(() => {
            if (error)
              return reject(
                new NoAnswer(`${this.name} cannot connect to it (${error.message})`, { cause: error }),
              );
            channel.on("error", () => undefined);
            return resolve(channel);
          });
        });
      } catch (error) {
        // ssh2 throws at once when the socket is gone.
        settle(() =>
          reject(this.#lost === undefined ? (error as Error) : this.lostError("before the next hop")),
        );
      }
    });
  }

  /** Says goodbye, and does not wait long for an answer. */
  async close(): Promise<void> {
    this.#lost ??= "pimesh closed it";
    this.client.end();
    let timer: NodeJS.Timeout | undefined;
    // A line through a jump host that hangs never closes by itself: it goes when the jump host's own socket goes.
    const lateEnough = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#socket.destroy();
        timer = setTimeout(resolve, 300);
      }, 300);
    });
    await Promise.race([this.#closed, lateEnough]);
    clearTimeout(timer);
  }
}

function reason(error: Error & { level?: string }): string {
  if (error.level === "client-timeout") return "it stopped answering (keepalive)";
  return error.message.replaceAll(/\p{Cc}+/gu, " ");
}
