import { formatDuration } from "../core/duration.ts";
import { displayWidth, printable, truncate } from "./width.ts";

/** What the live lines need of a `Context`. */
export interface LiveOutput {
  /** Writes to stderr. */
  readonly err: (text: string) => void;
  readonly terminal: { readonly live: boolean; readonly columns: number | undefined };
  readonly now: () => number;
  /** Once aborted, nothing is drawn any more. */
  readonly signal: AbortSignal;
}

export interface LiveLines extends Disposable {
  /** What a node is doing now. The whole line is `name  text`. */
  update(name: string, text: string): void;
  /** The last word on a node. Off a terminal this is the one line that it gets, in the way that was asked for. */
  done(name: string, text: string): void;
  /** A line of another kind, put above the live ones. */
  print(text: string): void;
  /** Takes the lines away; a second call does nothing. */
  finish(): void;
}

export interface LiveOptions {
  /** Off a terminal: nothing at all, or one line for every finished node. */
  readonly plain: "silent" | "lines";
  /** True while somebody is asked for a password or a yes: the terminal belongs to the question. */
  readonly busy?: () => boolean;
}

/**
 * One line for each name on stderr, redrawn in place while stderr is a terminal. Drawing needs no state of the
 * terminal that a killed process could leave behind: the cursor always rests below the lines, and is never hidden.
 */
export function liveLines(
  output: LiveOutput,
  names: readonly string[],
  options: LiveOptions = { plain: "silent" },
): LiveLines {
  return output.terminal.live ? new Redrawn(output, names, options) : new Plain(output, options);
}

/** How often the clock on a waiting line moves. */
const tickMs = 1000;
/** Waiting for less than this is not worth a clock. */
const clockFromMs = 3000;

/** Fits on every terminal with what stands above. */
const mostLines = 16;

interface Line {
  text: string;
  /** When the node began its present work; undefined once it is done. */
  since: number | undefined;
}

class Redrawn implements LiveLines {
  readonly #output: LiveOutput;
  readonly #busy: () => boolean;
  readonly #lines: Map<string, Line>;
  readonly #nameWidth: number;
  readonly #timer: NodeJS.Timeout;
  /** Lines on the terminal above the cursor that are ours to overwrite. */
  #drawn = 0;
  #finished = false;

  constructor(output: LiveOutput, names: readonly string[], options: LiveOptions) {
    this.#output = output;
    this.#busy = options.busy ?? (() => false);
    const since = output.now();
    this.#lines = new Map(names.map((name) => [name, { text: "waiting", since }]));
    this.#nameWidth = Math.max(0, ...names.map((name) => displayWidth(printable(name))));
    this.#timer = setInterval(() => this.#draw(), tickMs);
    this.#timer.unref();
    output.signal.addEventListener("abort", this.#stop, { once: true });
    if (output.signal.aborted) this.#stop();
    else this.#draw();
  }

  update(name: string, text: string): void {
    const line = this.#lines.get(name);
    if (line?.text === text) return;
    this.#lines.set(name, { text, since: line?.since ?? this.#output.now() });
    this.#draw();
  }

  done(name: string, text: string): void {
    this.#lines.set(name, { text, since: undefined });
    this.#draw();
  }

  print(text: string): void {
    if (this.#finished) {
      this.#output.err(`${text}\n`);
      return;
    }
    this.#output.err(`${this.#rewind()}${text}\n`);
    this.#draw();
  }

  finish(): void {
    if (this.#finished) return;
    const rewind = this.#rewind();
    if (rewind !== "") this.#output.err(rewind);
    this.#stop();
  }

  [Symbol.dispose](): void {
    this.finish();
  }

  /** On Ctrl-C the lines stay as they were: they say how far each node had come. */
  readonly #stop = (): void => {
    this.#finished = true;
    clearInterval(this.#timer);
    this.#output.signal.removeEventListener("abort", this.#stop);
  };

  #draw(): void {
    if (this.#finished) return;
    if (this.#busy()) {
      // The question now stands below our lines: they cannot be reached any more, so the next ones start afresh.
      this.#drawn = 0;
      return;
    }
    const width = (this.#output.terminal.columns ?? 80) - 1;
    const now = this.#output.now();
    const texts = this.#shownLines().map(([name, line]) => this.#textOf(name, line, now));
    const hidden = this.#lines.size - texts.length;
    if (hidden > 0)
      texts.push(`${texts.length === 0 ? "" : "and "}${hidden} ${texts.length === 0 ? "done" : "more"}`);
    const text = texts.map((line) => truncate(printable(line), width)).join("\n");
    // Automatic wrapping is off while we write (DECAWM, xterm's ctlseqs): should the terminal be narrower than we
    // believe, a line is cut, and the next redraw still finds the lines where it left them.
    this.#output.err(`${this.#rewind()}\u001b[?7l${text}\u001b[?7h\n`);
    this.#drawn = texts.length;
  }

  /** Lines that have scrolled off the top cannot be reached again: of a large fleet, those still at work are shown. */
  #shownLines(): [string, Line][] {
    const all = [...this.#lines];
    if (all.length <= mostLines) return all;
    const working = all.filter(([, line]) => line.since !== undefined);
    return working.slice(0, mostLines - 1);
  }

  #rewind(): string {
    const up = this.#drawn;
    this.#drawn = 0;
    // To the first of our lines, then clear to the end of the screen (ECMA-48: CPL, ED).
    return up === 0 ? "" : `\u001b[${up}F\u001b[J`;
  }

  #textOf(name: string, line: Line, now: number): string {
    const waited = line.since === undefined ? 0 : now - line.since;
    const clock = waited >= clockFromMs ? ` (${formatDuration(waited)})` : "";
    return `${name}${" ".repeat(Math.max(0, this.#nameWidth - displayWidth(name)))}  ${line.text}${clock}`;
  }
}

class Plain implements LiveLines {
  readonly #output: LiveOutput;
  readonly #plain: LiveOptions["plain"];

  constructor(output: LiveOutput, options: LiveOptions) {
    this.#output = output;
    this.#plain = options.plain;
  }

  update(): void {
    // Nobody watches: progress would only fill a log.
  }

  done(name: string, text: string): void {
    if (this.#plain === "lines" && !this.#output.signal.aborted) {
      this.#output.err(`${printable(`${name}: ${text}`)}\n`);
    }
  }

  print(text: string): void {
    this.#output.err(`${text}\n`);
  }

  finish(): void {
    // Nothing was drawn.
  }

  [Symbol.dispose](): void {
    this.finish();
  }
}
