import type { Duplex } from "node:stream";
import type { z } from "zod";
import type { PimeshError } from "../core/error.ts";
import { exchange, Reused, type Answer } from "../ssh/exchange.ts";
import { OneChannel } from "../ssh/one-channel.ts";
import { overTls } from "../ssh/over-tls.ts";
import { callError } from "./call-error.ts";
import { nonsense, refusalError, type Call } from "./rest-error.ts";

/** Syncthing's REST API. Every call throws what `openRest` names. */
export interface Rest extends Disposable {
  /** Of the instance, as in the inventory; `laptop` for this machine. */
  readonly node: string;
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  /** The same, undefined where Syncthing knows no such thing (404). */
  find<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined>;
  /** The answer is not looked at: calls that configure say 200 and nothing else [ran]. */
  send(method: Method, path: string, body?: unknown): Promise<void>;
}

export type Method = "POST" | "PUT" | "PATCH" | "DELETE";

export interface RestOptions {
  readonly node: string;
  /** Never printed. */
  readonly apiKey: string;
  /** A stream to the GUI's port; E-PORT-CLOSED or Node's ECONNREFUSED and ENOENT mean that nobody listens. */
  readonly open: () => Promise<Duplex>;
  /** Does the GUI speak TLS? Its certificate is its own and proves nothing: the stream leads to the machine's own loopback. */
  readonly tls?: boolean;
  /** One thing to do where Syncthing does not run. */
  readonly downHint: string;
  /** Of one call, in milliseconds. Default 30 s: a busy Pi thinks long about its database. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * A client of one instance over one stream, which is opened at the first call and kept.
 *
 * Errors: E-ENGINE-DOWN, E-ENGINE-KEY, E-ENGINE-REFUSED (with its reason), E-ENGINE-ANSWER, E-TIMED-OUT, E-INTERRUPTED,
 * E-CONNECTION-LOST, and those of `open`.
 */
export function openRest(options: RestOptions): Rest {
  const { node, apiKey, signal } = options;
  const deadlineMs = options.deadlineMs ?? 30_000;
  const agent = new OneChannel(options.tls === true ? () => overTls(options.open) : options.open);

  const askNow = async (call: Call, body: unknown): Promise<Answer> => {
    const { method, path } = call;
    const text = body === undefined ? undefined : JSON.stringify(body);
    // Another Host header is refused where the GUI listens on loopback [ran].
    const headers = { Host: "localhost", "X-API-Key": apiKey };
    const once = (): Promise<Answer> => exchange({ agent, method, path, text, headers, deadlineMs, signal });
    try {
      // Syncthing closes a stream that was idle for some seconds; everything that we send may be said twice.
      return await once().catch((error: unknown) =>
        error instanceof Reused ? once() : Promise.reject(error as Error),
      );
    } catch (error) {
      throw callError(error, call, {
        deadlineMs,
        downHint: options.downHint,
        interrupted: signal?.aborted === true,
      });
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  // One after another: while a stream is being opened Node's agent would open more of them.
  const ask = (call: Call, body?: unknown): Promise<Answer> => {
    const answer = last.then(() => askNow(call, body));
    last = answer.catch(() => undefined);
    return answer;
  };
  /** No server repeats our key, but what is printed must not depend on it. */
  const refused = (call: Call, answer: Answer): PimeshError =>
    refusalError(call, {
      status: answer.status,
      text: answer.text.replaceAll(apiKey, "***"),
      fromSyncthing: isFromSyncthing(answer),
    });

  const find = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const call = { node, method: "GET", path };
    const answer = await ask(call);
    if (answer.status === 404 && isFromSyncthing(answer)) return undefined;
    if (!isFine(answer)) throw refused(call, answer);
    return read(call, answer.text, schema);
  };
  return {
    node,
    find,
    get: async (path, schema) => {
      const found = await find(path, schema);
      if (found !== undefined) return found;
      throw refusalError(
        { node, method: "GET", path },
        { status: 404, text: "it knows none", fromSyncthing: true },
      );
    },
    send: async (method, path, body) => {
      const call = { node, method, path };
      const answer = await ask(call, body);
      if (!isFine(answer)) throw refused(call, answer);
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** Did it show a header that only Syncthing sends? */
function isFromSyncthing({ headers }: Answer): boolean {
  return headers["x-syncthing-version"] !== undefined;
}

function isFine({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function read<T>(call: Call, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message would quote the answer, which may hold secrets
    throw nonsense(call, "it is no JSON");
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "it" : issue.path.join(".");
  throw nonsense(call, `${where} is not what it should be`);
}
