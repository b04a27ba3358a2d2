import { constants } from "node:os";
import type { ClientChannel } from "ssh2";
import { PimeshError } from "../core/error.ts";
import { packsMark, readyMarker } from "./bootstrap.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { Link } from "./link.ts";
import { rootWays, type RootWay } from "./root-way.ts";
import { Silence } from "./silence.ts";
import { Tail } from "./tail.ts";

export interface Ended {
  /** 128 and the number of the signal when one ended it, as a shell counts. */
  readonly code: number;
  readonly signal: string | undefined;
  readonly stderr: Buffer;
}

/**
 * A POSIX shell on the far end of a channel, from the first byte to its exit status. Until a marker has come, what
 * arrives is noise of login files and banners; after it, every byte is the script's.
 */
export class RemoteShell {
  /** What the script prints. */
  readonly stdout: ByteQueue;
  /** Settles once the channel is closed; rejects when there is no exit status to trust. */
  readonly ended: Promise<Ended>;
  readonly silence: Silence;
  /** Does it take a packed script? Known once it is ready. */
  packs = false;
  /** How far it is to root, where that was asked: `already` and `passwordless` are root's own shell. Known once it is ready. */
  way: RootWay | undefined;
  /** Sees stderr as it arrives. */
  onStderr: (chunk: Buffer) => void = () => undefined;

  readonly #link: Link;
  readonly #channel: ClientChannel;
  readonly #stderr = new Tail(1024 * 1024);
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void =>
    this.fail(new PimeshError("E-INTERRUPTED", `interrupted ${this.#doing}`, { node: this.#link.name }));
  /** Room that the node has for our input, when it was last heard. */
  #window: number;
  #noise = Buffer.alloc(0);
  #firstWords = "";
  #marker: Buffer | undefined;
  #markers: Buffer[] = [];
  #ready: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #doing = "before it ran anything";
  #exit: { code: number; signal: string | undefined } | undefined;
  #failure: Error | undefined;
  #isOver = false;
  #settle: { resolve: (ended: Ended) => void; reject: (error: Error) => void };

  constructor(parts: {
    readonly link: Link;
    readonly channel: ClientChannel;
    readonly silenceMs: number;
    readonly signal: AbortSignal;
  }) {
    const { link, channel, silenceMs, signal } = parts;
    this.#link = link;
    this.#channel = channel;
    this.#signal = signal;
    this.#settle = { resolve: () => undefined, reject: () => undefined };
    this.ended = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // Whoever waits for the marker or reads stdout gets the same error; nobody has to wait for the end as well.
    this.ended.catch(() => undefined);
    this.#window = windowOf(channel);
    this.silence = new Silence(silenceMs, () => {
      // Input that trickles through a slow line makes the node give us new room for it: that is no silence either.
      const window = windowOf(channel);
      if (window === this.#window) return this.fail(this.#timedOut(silenceMs));
      this.#window = window;
      return this.silence.heard();
    });
    this.stdout = new ByteQueue({
      full: () => {
        channel.pause();
        this.silence.hold();
      },
      drained: () => {
        channel.resume();
        this.silence.release();
      },
      abandoned: () => this.fail(new PimeshError("E-INTERRUPTED", "its output was not read to the end")),
    });
    this.#listen();
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Waits until the shell says that it is ready. `doing` is what it does from now on, for messages. */
  async untilReady(nonce: string, doing: string): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#marker = Buffer.from(readyMarker(nonce));
    this.#markers.push(Buffer.from(`${readyMarker(nonce)}\n`));
    this.#firstWords = "";
    await new Promise<void>((resolve, reject) => {
      this.#ready = { resolve, reject };
      if (this.#isOver) reject(this.#noShell());
    });
    this.#doing = doing;
  }

  /** Sends bytes and resolves when the next ones may follow: false when nobody reads them any more. */
  async write(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      if (!(await this.#writeSlice(bytes.subarray(at, at + sliceBytes)))) return false;
    }
    return !this.#isOver;
  }

  async #writeSlice(bytes: Uint8Array): Promise<boolean> {
    if (this.#isOver || !this.#channel.writable) return false;
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#channel.write(bytes, () => {
          if (!this.#marker) this.silence.heard();
          this.#window = windowOf(this.#channel);
          resolve();
        });
      }),
      // ssh2 never calls back for a channel that closes meanwhile (Channel.js, _write).
      this.ended.catch(() => undefined),
    ]);
    return !this.#isOver;
  }

  endInput(): void {
    if (!this.#isOver && this.#channel.writable) this.#channel.end();
  }

  /** Gives the command up: asks it to stop, closes the channel, and lets everybody who waits know why. */
  fail(error: Error): void {
    if (this.#isOver || this.#failure) return;
    this.#failure = error;
    try {
      this.#channel.signal("TERM");
      this.#channel.close();
      this.#channel.resume();
    } catch {
      // The connection is gone, and the command with it.
    }
    this.#finish();
  }

  /** What it printed before it was ready: the first line that is not empty. */
  get #firstWord(): string {
    const text = this.#firstWords.trim() || this.#stderrText().toString("latin1").trim();
    return text.split("\n")[0]?.trim().slice(0, 200) ?? "";
  }

  /** The last line that is not empty on stderr. */
  get #lastWord(): string {
    return this.#stderrText().toString("latin1").trim().split("\n").at(-1)?.trim().slice(-200) ?? "";
  }

  #listen(): void {
    const channel = this.#channel;
    let open = 2;
    const closed = (): void => {
      open -= 1;
      if (open === 0) this.#finish();
    };
    channel.on("error", () => undefined);
    channel.stderr.on("error", () => undefined);
    // Noise is no progress: a login file that prints for ever must not keep us waiting for ever.
    const heard = (): void => {
      if (!this.#marker) this.silence.heard();
    };
    channel.on("data", (chunk: Buffer) => {
      heard();
      this.#arrived(chunk);
    });
    channel.stderr.on("data", (chunk: Buffer) => {
      heard();
      this.#stderr.push(chunk);
      this.onStderr(chunk);
    });
    channel.on("exit", (code: number | null, signal?: string) => {
      this.#exit = { code: code ?? 128 + signalNumber(signal), signal: code === null ? signal : undefined };
    });
    channel.on("close", closed);
    channel.stderr.on("close", closed);
  }

  #arrived(chunk: Buffer): void {
    if (!this.#marker) return this.stdout.push(chunk);
    const noise = Buffer.concat([this.#noise, chunk]);
    const at = noise.indexOf(this.#marker);
    if (at < 0) {
      if (this.#firstWords.length < 1000) this.#firstWords += chunk.toString("latin1", 0, 1000);
      // The marker may be cut in two by a packet; noise that is older than that is of no use.
      this.#noise = noise.subarray(-this.#marker.length);
      return undefined;
    }
    const start = at + this.#marker.length;
    const end = noise.indexOf(newline, start);
    if (end < 0) {
      this.#noise = noise.subarray(at);
      return undefined;
    }
    const words = noise.subarray(start, end).toString("latin1").split(" ");
    this.packs = words.includes(packsMark);
    this.way = rootWays.find((way) => words.includes(way));
    this.#marker = undefined;
    this.#noise = Buffer.alloc(0);
    this.#ready?.resolve();
    return this.stdout.push(noise.subarray(end + 1));
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.silence.stop();
    this.#signal.removeEventListener("abort", this.#onAbort);
    const error = this.#failure ?? (this.#marker ? this.#noShell() : this.#noStatus());
    const exit = this.#exit;
    if (error || !exit) {
      this.#ready?.reject(error ?? this.#noShell());
      this.#settle.reject(error ?? this.#noShell());
    } else {
      this.#settle.resolve({ ...exit, stderr: this.#stderrText() });
    }
    this.stdout.end(error);
  }

  /** stderr without what login files and sudo wrote there before the script began. */
  #stderrText(): Buffer {
    let bytes = this.#stderr.bytes();
    for (const marker of this.#markers) {
      const at = bytes.indexOf(marker);
      if (at >= 0) bytes = bytes.subarray(at + marker.length);
    }
    return bytes;
  }

  #noStatus(): Error | undefined {
    if (this.#exit) return undefined;
    if (this.#link.lost !== undefined) return this.#link.lostError(this.#doing);
    return new PimeshError(
      "E-CONNECTION-LOST",
      `the node closed the channel ${this.#doing}, without an exit status`,
      {
        node: this.#link.name,
      },
    );
  }

  #noShell(): Error {
    if (this.#link.lost !== undefined && !this.#exit)
      return this.#link.lostError("while its shell was started");
    return new NoShell(this.#link, this.#firstWord, this.#lastWord);
  }

  #timedOut(ms: number): Error {
    const left = this.#exit
      ? "the command has ended, but something that it left running holds its output open"
      : `nothing was heard for ${ms / 1000} s ${this.#marker ? "while its shell was started" : this.#doing}`;
    return new PimeshError("E-TIMED-OUT", left, { node: this.#link.name });
  }
}

const newline = 0x0a;

/** There was an answer, and it was not a POSIX shell's; through sudo, it was not root's. */
export class NoShell extends PimeshError {
  /** The last line of its stderr. */
  readonly lastWord: string;

  constructor(link: Link, firstWord: string, lastWord: string) {
    const said = firstWord === "" ? "nothing" : JSON.stringify(firstWord);
    super(
      "E-NOT-POSIX",
      `no POSIX shell answers ${link.username}@${link.address}: it said ${said} and ended`,
      {
        node: link.name,
        hint: `ssh ${link.username}@${link.address} /bin/sh -c 'true'`,
      },
    );
    this.lastWord = lastWord;
  }
}

const sliceBytes = 32 * 1024;

/** How many bytes the far end takes without a new word (RFC 4254, section 5.2); ssh2 keeps it to itself. */
function windowOf(channel: ClientChannel): number {
  return (channel as { readonly outgoing?: { readonly window?: number } }).outgoing?.window ?? 0;
}

function signalNumber(name: string | undefined): number {
  return (constants.signals as Readonly<Record<string, number>>)[name ?? ""] ?? 0;
}
