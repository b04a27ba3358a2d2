import { request, type Agent, type IncomingHttpHeaders, type IncomingMessage } from "node:http";

export interface Exchange {
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  /** JSON. */
  readonly text: string | undefined;
  /** Beside those that the text needs. */
  readonly headers: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

/** The stream was an old one, and broke before any answer. */
export class Reused extends Error {}

/** The deadline of a call has passed. */
export class Late extends Error {}

/** The answer has no end, or is larger than `mostBytes`. */
export class TooLarge extends Error {}

/** The largest answer that we read: a configuration has some 10 KB. */
const mostBytes = 16 * 1024 * 1024;

/** One request and its answer. Rejects with the classes above, and with the errors of Node and of the agent. */
export function exchange(options: Exchange): Promise<Answer> {
  const { agent, method, path, text, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(new Error("interrupted"));
    const sent = request({ agent, method, path, headers: headersOf(options) });
    const timer = setTimeout(() => sent.destroy(new Late()), options.deadlineMs);
    const onAbort = (): void => void sent.destroy(new Error("interrupted"));
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      act();
    };
    let heard = false;
    sent.on("error", (error) =>
      settle(() => reject(sent.reusedSocket && !heard && !(error instanceof Late) ? new Reused() : error)),
    );
    sent.on("response", (response) => {
      heard = true;
      bodyOf(response).then(
        (body) =>
          settle(() => resolve({ status: response.statusCode ?? 0, text: body, headers: response.headers })),
        (error: unknown) => {
          sent.destroy();
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        },
      );
    });
    sent.end(text);
    return undefined;
  });
}

function headersOf({ headers, text }: Exchange): Record<string, string | number> {
  if (text === undefined) return headers;
  return { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
