import type { Writable } from "node:stream";

/**
 * Resolves when all that was written to a stream so far is on its way. `writableNeedDrain` does not tell: what is below the
 * high-water mark waits for the other side's window all the same, and a channel that ends then drops it.
 */
export function writtenOut(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("close", resolve);
    // Writes are done in order, so the callback of an empty one comes behind the last byte
    stream.write(Buffer.alloc(0), () => {
      stream.off("close", resolve);
      resolve();
    });
  });
}
