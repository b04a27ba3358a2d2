import { createServer, type IncomingMessage, type Server } from "node:http";

export interface Api {
  readonly apiKey: () => string;
  /** With the `v`. */
  readonly version: string;
  /** undefined: there is no such thing. Throws Refused. */
  readonly answer: (call: ApiCall) => object | undefined;
}

export interface ApiCall {
  readonly method: string;
  readonly path: string;
  /** What stands behind the `?`. */
  readonly query: string;
  /** JSON. */
  readonly body: unknown;
}

/** With the text that Syncthing says. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** Answers as Syncthing's GUI does, to whoever has its key and asks for localhost; it does not listen yet. */
export function apiServer(api: Api): Server {
  return createServer((request, response) => {
    response.setHeader("X-Syncthing-Version", api.version);
    said(api, request).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => {
        // What a walk meets when a disk leaves under it is an answer too
        const status = error instanceof Refused ? error.status : 500;
        response.writeHead(status).end((error as Error).message);
      },
    );
  });
}

async function said({ apiKey, answer }: Api, request: IncomingMessage): Promise<object> {
  if (!/^(?:localhost|127\.0\.0\.1)(?::\d+)?$/.test(request.headers.host ?? "")) {
    throw new Refused(403, "Host check error");
  }
  if (request.headers["x-api-key"] !== apiKey()) throw new Refused(403, "CSRF Error");
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const found = answer({ method: request.method ?? "GET", path, query, body: await bodyOf(request) });
  if (found === undefined) throw new Refused(404, "No folder with given ID");
  return found;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown);
}
