/** Bytes for a stream that is written to as they come up; `for await` gives them in order until `end`. */
export interface Outbox extends AsyncIterable<Buffer> {
  write(bytes: Buffer): void;
  end(): void;
}

export function outbox(): Outbox {
  const waiting: Buffer[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  return {
    write(bytes) {
      waiting.push(bytes);
      wake?.();
    },
    end() {
      ended = true;
      wake?.();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
