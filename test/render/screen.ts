import { displayWidth } from "../../src/render/width.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** As much of a terminal as the live lines use: printing with wrapping on or off, newline, CPL and ED. */
export class Screen {
  raw = "";
  wraps = true;
  readonly #columns: number;
  #rows: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  write(text: string): void {
    this.raw += text;
    // eslint-disable-next-line no-control-regex -- escape sequences are the subject
    for (const token of text.matchAll(/\u001b\[(\??)(\d*)([A-Za-z])|\n|[^\u001b\n]+/g)) {
      const [all, mode, number, letter] = token;
      if (all === "\n") this.#newLine();
      else if (letter === undefined) this.#print(all);
      else this.#obey(mode ?? "", Number(number === "" ? 1 : number), letter);
    }
  }

  /** What a person sees, without the empty end. */
  lines(): string[] {
    const lines = this.#rows.map((row) => row.trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  #print(text: string): void {
    for (const { segment } of segmenter.segment(text)) {
      const width = displayWidth(segment);
      if (this.#column + width > this.#columns) {
        if (!this.wraps) continue;
        this.#newLine();
      }
      this.#rows[this.#row] += segment;
      this.#column += width;
    }
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    this.#rows[this.#row] ??= "";
  }

  #obey(mode: string, number: number, letter: string): void {
    if (mode === "?" && number === 7 && letter === "l") this.wraps = false;
    else if (mode === "?" && number === 7 && letter === "h") this.wraps = true;
    else if (letter === "F") {
      this.#row = Math.max(0, this.#row - number);
      this.#column = 0;
    } else if (letter === "J") {
      if (this.#column !== 0) throw new Error("erased from the middle of a line");
      this.#rows = [...this.#rows.slice(0, this.#row), ""];
    } else throw new Error(`unexpected escape sequence ${mode}${number}${letter}`);
  }
}
