import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { WebOptions } from "../../src/btsync/web-client.ts";

/** What a test server does in place of answering as it should. */
export type Mood = "well" | "silent" | "html" | "rude" | "refuses" | "no-token" | "always-stale";

export interface RecordedWeb {
  readonly port: number;
  readonly options: Pick<WebOptions, "node" | "access" | "open">;
  /** Actions that were asked, and pages. */
  readonly asked: string[];
  mood: Mood;
  /** The token is another one from now on. */
  forget(): void;
}

export const login = "ann:tücsök és bogár";

/** Speaks as the web interface of btsync and Resilio does, with recorded answers by action, to whoever has login, token and cookie. */
export async function recordedWeb(answers: Readonly<Record<string, unknown>>): Promise<RecordedWeb> {
  let tokens = 1;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    const action = url.searchParams.get("action");
    web.asked.push(action ?? url.pathname);
    if (web.mood === "silent") return;
    if (web.mood === "rude") return void request.socket.end("220 mail.example.org ESMTP\r\n");
    if (request.headers.authorization !== `Basic ${Buffer.from(login).toString("base64")}`)
      return say(response, 401, "");
    if (url.pathname === "/gui/token.html") {
      response.setHeader("Set-Cookie", `GUID=guid${tokens}; path=/; HttpOnly`);
      return say(
        response,
        200,
        web.mood === "no-token"
          ? "<html></html>"
          : `<html><div id='token' style='display:none;'>token${tokens}</div></html>`,
      );
    }
    const known =
      url.searchParams.get("token") === `token${tokens}` && request.headers.cookie === `GUID=guid${tokens}`;
    if (!known || web.mood === "always-stale") return say(response, 400, "\r\ninvalid request");
    if (web.mood === "html") return say(response, 200, "<!DOCTYPE html><html>Sync</html>");
    if (web.mood === "refuses")
      return say(response, 500, JSON.stringify({ error: 205, message: "SE_SM_NO_IDENTITY" }));
    return say(response, 200, JSON.stringify(answers[action ?? ""] ?? { error: 900 }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const web: RecordedWeb = {
    port,
    options: {
      node: "mom",
      access: { kind: "on", port, tls: false, login },
      open: async () => {
        const socket = connect(port, "127.0.0.1");
        await once(socket, "connect");
        return socket;
      },
    },
    asked: [],
    mood: "well",
    forget: () => void (tokens += 1),
  };
  return web;
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status).end(text);
}
