/** Calls once when nothing was heard for too long. While it is on hold, for a slow reader or a prompt, time stands still. */
export class Silence {
  readonly #ms: number;
  readonly #tooLong: () => void;
  #timer: NodeJS.Timeout | undefined;
  #holds = 0;
  #over = false;

  constructor(ms: number, tooLong: () => void) {
    this.#ms = ms;
    this.#tooLong = tooLong;
    this.heard();
  }

  heard(): void {
    if (this.#over || this.#holds > 0) return;
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(this.#tooLong, this.#ms);
  }

  hold(): void {
    this.#holds += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  release(): void {
    this.#holds -= 1;
    this.heard();
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
