import { once } from "node:events";
import { PassThrough } from "node:stream";
import { encodeAnswer } from "../../src/tree/reconcile/answers.ts";
import { encodeFrame, frames, unpackBody, type Frame } from "../../src/tree/reconcile/frames.ts";
import { localSide } from "../../src/tree/reconcile/local-side.ts";
import { decodeRequest } from "../../src/tree/reconcile/requests.ts";
import type { Wire } from "../../src/tree/reconcile/stream-side.ts";
import type { Entry } from "../../src/tree/entry.ts";
import { scanOf } from "../../src/tree/scan.ts";

/**
 * A far end in this process that speaks the protocol over streams, as the Python one does. `bend`: what becomes of each
 * of its frames.
 */
export function standInFarEnd(
  entries: readonly Entry[],
  bend: (frame: Frame) => readonly Frame[] = (frame) => [frame],
): Wire {
  const toIt = new PassThrough({ highWaterMark: 1024 * 1024 });
  const fromIt = new PassThrough();
  const serve = async (): Promise<void> => {
    const send = async (frame: Frame): Promise<void> => {
      for (const one of bend(frame)) if (!fromIt.write(encodeFrame(one))) await once(fromIt, "drain");
    };
    let side: ReturnType<typeof localSide> | undefined;
    for await (const frame of frames(toIt)) {
      if (frame.letter === "Q") break;
      if (frame.letter === "H") {
        const hello = JSON.parse(unpackBody(frame.payload).toString()) as { key: string; times: boolean };
        const hashing = { key: Buffer.from(hello.key, "hex"), times: hello.times };
        side = localSide("far", scanOf(entries), hashing);
        await send(encodeAnswer(await side.next()));
        continue;
      }
      side?.ask(decodeRequest(frame));
      for (let more = true; more;) {
        const answer = await side?.next();
        if (answer) await send(encodeAnswer(answer));
        more = answer?.type === "listing";
      }
    }
    fromIt.end();
  };
  serve().catch((error: unknown) => fromIt.destroy(error as Error));
  return { input: fromIt, output: toIt };
}
