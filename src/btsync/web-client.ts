import type { Duplex } from "node:stream";
import { PimeshError } from "../core/error.ts";
import { maskedConfig } from "../engine/btsync-config.ts";
import { exchange, Reused, type Answer } from "../ssh/exchange.ts";
import { OneChannel } from "../ssh/one-channel.ts";
import { overTls } from "../ssh/over-tls.ts";
import type { WebAccess } from "./web-access.ts";
import { webError } from "./web-error.ts";

/** The web interface of one btsync or Resilio, as a browser speaks to it. Every call throws what `openWeb` names. */
export interface Web extends Disposable {
  /** The JSON that an action answers, whatever it is: field names have moved between versions. */
  ask(action: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
}

export interface WebOptions {
  readonly node: string;
  readonly access: Extract<WebAccess, { kind: "on" }>;
  /** A stream to its port; E-PORT-CLOSED or Node's ECONNREFUSED mean that nobody listens. */
  readonly open: () => Promise<Duplex>;
  /** Of one call, in milliseconds. Default 20 s. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * A client over one stream. Each call carries HTTP Basic, a token that `/gui/token.html` gives in HTML, and the cookie that came
 * with it; a token that has gone stale is answered with 400 "invalid request", and one more is fetched. GET alone: 3.x answers a POST
 * with its page.
 *
 * Errors: E-ENGINE-DOWN, E-ENGINE-KEY, E-ENGINE-REFUSED, E-ENGINE-ANSWER, E-TIMED-OUT, E-INTERRUPTED, E-CONNECTION-LOST, and those of
 * `open`. None holds login, token, cookie or key.
 */
export function openWeb({ node, access, open, deadlineMs = 20_000, signal }: WebOptions): Web {
  const agent = new OneChannel(access.tls ? () => overTls(open) : open);
  const authorization =
    access.login === undefined
      ? {}
      : { Authorization: `Basic ${Buffer.from(access.login, "utf8").toString("base64")}` };
  let token: { readonly text: string; readonly cookie: string } | undefined;
  let asked = 0;

  const get = async (path: string, cookie: string): Promise<Answer> => {
    // So that nothing answers out of a cache
    asked += 1;
    const once = (): Promise<Answer> =>
      exchange({
        agent,
        method: "GET",
        path: `${path}${path.includes("?") ? "&" : "?"}t=${asked}`,
        text: undefined,
        headers: { Host: "localhost", ...authorization, ...(cookie === "" ? {} : { Cookie: cookie }) },
        deadlineMs,
        signal,
      });
    try {
      return await once().catch((error: unknown) =>
        error instanceof Reused ? once() : Promise.reject(error as Error),
      );
    } catch (error) {
      throw webError(error, { node, deadlineMs, interrupted: signal?.aborted === true });
    }
  };
  const nonsense = (why: string): PimeshError =>
    new PimeshError("E-ENGINE-ANSWER", `its web interface is not understood: ${why}`, { node });

  const fetchToken = async (): Promise<{ readonly text: string; readonly cookie: string }> => {
    const answer = await get("/gui/token.html", "");
    if (answer.status === 401) throw notLetIn(node);
    if (answer.status !== 200) throw nonsense(`it gives no token (${answer.status})`);
    const text = [...answer.text.matchAll(/>([^<>\s]+)</g)].at(-1)?.[1];
    if (text === undefined) throw nonsense("its token page holds none");
    const cookies = (answer.headers["set-cookie"] ?? []).map((each) => each.split(";")[0] ?? "");
    return { text, cookie: cookies.join("; ") };
  };
  const askOnce = async (action: string, parameters: Readonly<Record<string, string>>): Promise<Answer> => {
    token ??= await fetchToken();
    const query = new URLSearchParams({ token: token.text, action, ...parameters });
    return get(`/gui/?${query.toString()}`, token.cookie);
  };
  return {
    async ask(action, parameters = {}) {
      let answer = await askOnce(action, parameters);
      if (answer.status === 400 && /invalid request/i.test(answer.text)) {
        token = undefined;
        answer = await askOnce(action, parameters);
      }
      if (answer.status === 401) throw notLetIn(node);
      let value: unknown;
      try {
        value = JSON.parse(answer.text);
      } catch {
        // Its message would quote the answer, which holds keys
        throw nonsense(`what comes for ${action} is no JSON (${answer.status})`);
      }
      const refusal = refusalIn(value);
      if (answer.status !== 200 || refusal !== undefined) {
        const words = `its web interface refuses ${action}: ${refusal ?? answer.status}`;
        throw new PimeshError("E-ENGINE-REFUSED", words, { node });
      }
      return value;
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function notLetIn(node: string): PimeshError {
  return new PimeshError(
    "E-ENGINE-KEY",
    "its web interface does not take the login that stands in its configuration",
    { node, hint: "it may have been set in the browser: then pimesh cannot know it" },
  );
}

/** `{"error": 205, "message": "SE_SM_NO_IDENTITY"}`, at the top or as its value, with 200 as with 500. 0 is none. */
function refusalIn(value: unknown): string | undefined {
  for (const each of [value, fieldOf(value, "value")]) {
    const error = fieldOf(each, "error");
    if ((typeof error !== "string" && typeof error !== "number") || error === 0 || error === "") continue;
    const message = fieldOf(each, "message");
    const words = typeof message === "string" ? `${message} (${error})` : String(error);
    return maskedConfig(words.replaceAll(/[\p{Cc}\s]+/gu, " ").slice(0, 200));
  }
  return undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
