import type { Duplex } from "node:stream";
import type { Command } from "../core/shell.ts";

/** One authenticated connection to one node. Every method may throw E-CONNECTION-LOST, E-TIMED-OUT, E-NOT-POSIX. */
export interface Connection extends AsyncDisposable {
  readonly node: string;
  /** The address that answered and proved the node's host key, as the inventory writes it. */
  readonly address: string;
  /** How the login went: after a `password` it is worth installing a key (`install-key.ts`). Simulated ones may leave it out. */
  readonly login?: "key" | "password";

  /**
   * Runs a script in a POSIX shell on the node and waits for its end. The script travels on stdin behind a
   * handshake, so banners, login files and the length limits of an exec request do not touch it. A non-zero
   * exit code is a result, not an error.
   */
  run(script: Command, options?: RunOptions): Promise<Result>;

  /** The same, with stdout as it arrives and with back-pressure; `end` settles when the command has ended. */
  stream(script: Command, options?: RunOptions): Promise<Stream>;

  /**
   * A TCP stream to a port of the node's own 127.0.0.1, made by its SSH server: nothing has to be installed there. The caller
   * destroys it. Throws E-PORT-CLOSED when nothing listens there, E-FORWARDING-REFUSED where the server forbids it.
   */
  tunnel(port: number, options?: TunnelOptions): Promise<Duplex>;
}

export interface RunOptions {
  /**
   * `root`: already root, else sudo; throws E-SUDO-REFUSED. `free-root`: the same where it needs no password, else the login's
   * user. Default `user`.
   */
  readonly as?: "user" | "root" | "free-root";
  /** What the script reads on its stdin, byte for byte; empty by default. */
  readonly stdin?: Uint8Array | AsyncIterable<Uint8Array>;
  /** Longest silence in milliseconds before E-TIMED-OUT: the time since the node last sent a byte. Default 60 s. */
  readonly silenceMs?: number;
  /** Gives up with E-INTERRUPTED. */
  readonly signal?: AbortSignal;
}

export interface TunnelOptions {
  /** Milliseconds until the stream has to stand. Default 20 s. */
  readonly timeoutMs?: number;
  /** Gives up with E-INTERRUPTED; a stream that stands is the caller's. */
  readonly signal?: AbortSignal;
}

export interface Result {
  /** The exit status; 128 and the number of the signal when one ended it. */
  readonly code: number;
  /** `SIGKILL`…, when a signal ended it. */
  readonly signal?: string;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface Stream {
  /** Who runs it. */
  readonly as: "user" | "root";
  readonly stdout: AsyncIterable<Buffer>;
  readonly end: Promise<{ readonly code: number; readonly signal?: string; readonly stderr: Buffer }>;
}
