import { PimeshError } from "../../core/error.ts";
import { AnswerError } from "./answer-error.ts";
import { decodeAnswer } from "./answers.ts";
import { ByteReader } from "./byte-reader.ts";
import { encodeFrame, frames, type Frame } from "./frames.ts";
import type { Answer } from "./messages.ts";
import { encodeHello, encodeRequest, quit, type Hello } from "./requests.ts";
import type { TreeSide } from "./side.ts";
import { OtherVersion } from "./summary-body.ts";

/** The two streams of a far end that has been started. */
export interface Wire {
  /** Its stdout. */
  readonly input: AsyncIterable<Buffer>;
  /** Its stdin; nothing is waited for, a lost one shows on `input`. */
  readonly output: { write(bytes: Buffer): unknown; end(): unknown };
  /** Waits for its end: what it said on stderr. Throws where that names a better reason than what went wrong. */
  readonly lastWords?: () => Promise<string>;
}

export interface StreamSide extends TreeSide {
  /** Bytes to and from the far end, frames only. */
  readonly traffic: { readonly sent: number; readonly received: number };
}

export interface StreamSideOptions {
  readonly node: string;
  readonly wire: Wire;
  readonly hello: Hello;
  /** Entries that the far end has seen so far. */
  readonly onProgress?: (entries: number) => void;
  /** Bytes of files that the far end has read so far. */
  readonly onHashed?: (bytes: number) => void;
}

/**
 * A tree at the far end of a stream; says hello at once. Its answers fail with E-SCAN-FAILED, where the far end fails,
 * is cut off or cannot be understood, and E-FAR-END-VERSION; the stream's own errors pass.
 */
export function streamSide({ node, wire, hello, onProgress, onHashed }: StreamSideOptions): StreamSide {
  const traffic = { sent: 0, received: 0 };
  const send = (frame: Frame): void => {
    const bytes = encodeFrame(frame);
    traffic.sent += bytes.length;
    wire.output.write(bytes);
  };
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of wire.input) {
      traffic.received += chunk.length;
      yield chunk;
    }
  };
  const received = frames(counted());
  let state: "idle" | "waiting" | "broken" = "waiting";

  const receive = async (): Promise<Answer> => {
    for (;;) {
      const { value: frame } = await received.next();
      if (!frame) throw new AnswerError("its answer was cut off");
      if (frame.letter === "P") {
        const entries = entriesOf(frame);
        onProgress?.(entries);
      } else if (frame.letter === "B") onHashed?.(Number(new ByteReader(frame.payload).u64()));
      else if (frame.letter === "V") throw new OtherVersion(frame.payload.toString());
      else if (frame.letter === "X") throw new Refusal(frame.payload.toString());
      else return decodeAnswer(frame);
    }
  };

  send(encodeHello(hello));
  return {
    name: node,
    local: false,
    traffic,
    ask: (request) => send(encodeRequest(request)),
    async next() {
      state = "waiting";
      try {
        const answer = await receive();
        state = "idle";
        return answer;
      } catch (error) {
        state = "broken";
        if (error instanceof OtherVersion) {
          throw new PimeshError("E-FAR-END-VERSION", error.message, {
            node,
            hint: "pimesh --version",
            cause: error,
          });
        }
        if (!(error instanceof AnswerError) && !(error instanceof Refusal)) throw error;
        // One that said what cannot be understood would wait for the next question
        wire.output.end();
        const words = lastLine(await wire.lastWords?.());
        throw failed(node, error instanceof Refusal ? error.message : `${error.message}${words}`, error);
      }
    },
    async close() {
      if (state !== "broken") send(quit);
      wire.output.end();
      // One that is idle ends at once, and its end is read, so that nobody takes it for cut off. One that still reads its
      // tree may take minutes: it is left.
      if (state === "idle") await received.next().catch(() => {});
      received.return(undefined).catch(() => {});
    },
  };
}

/** The far end said itself why it cannot go on. */
class Refusal extends Error {}

function failed(node: string, what: string, cause?: unknown): PimeshError {
  return new PimeshError("E-SCAN-FAILED", `the tree could not be compared: ${what}`, {
    node,
    hint: "run the command again",
    cause,
  });
}

function entriesOf({ payload }: Frame): number {
  if (payload.length !== 4) throw new AnswerError("its progress cannot be read");
  return payload.readUInt32BE();
}

function lastLine(stderr = ""): string {
  const line = stderr.trimEnd().split("\n").at(-1) ?? "";
  return line === "" ? "" : `: ${line}`;
}
