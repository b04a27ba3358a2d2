import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { PimeshError } from "../../src/core/error.ts";
import { oneServer } from "../ssh/support/one-server.ts";
import { openRest, type Rest, type RestOptions } from "../../src/syncthing/rest-client.ts";

const apiKey = "key-of-this-test";
const anything = z.looseObject({});

test("what it asks carries the key and a host name that Syncthing takes", async () => {
  const headers: Record<string, unknown>[] = [];
  const rest = await client((request, response) => {
    headers.push(request.headers);
    response.end("{}");
  });
  await rest.get("/rest/system/version", anything);
  await rest.send("PATCH", "/rest/config/options", { urAccepted: -1 });
  expect(headers).toMatchObject([
    { host: "localhost", "x-api-key": apiKey },
    { host: "localhost", "x-api-key": apiKey, "content-type": "application/json", "content-length": "17" },
  ]);
});

test("all calls go over one stream", async () => {
  let opened = 0;
  const port = await httpPort((_request, response) => response.end("{}"));
  const rest = use({
    open: async () => {
      opened += 1;
      return dialed(port);
    },
  });
  await Promise.all([1, 2, 3].map(() => rest.get("/rest/system/version", anything)));
  await rest.get("/rest/system/version", anything);
  expect(opened).toBe(1);
});

test("a channel of an SSH connection is such a stream", async () => {
  const long = JSON.stringify({ text: "x".repeat(300_000) });
  const port = await httpPort((request, response) => response.end(request.url === "/long" ? long : "{}"));
  const { connect: toNode } = await oneServer();
  const connection = await toNode();
  let opened = 0;
  const rest = use({
    open: () => {
      opened += 1;
      return connection.tunnel(port);
    },
  });
  for (let round = 0; round < 15; round += 1) await rest.get("/rest/system/version", anything);
  expect(await rest.get("/long", z.object({ text: z.string() }))).toEqual(JSON.parse(long));
  expect(opened).toBe(1);
});

test("a stream that was closed while idle is opened again", async () => {
  const sockets = new Set<Socket>();
  const server = createHttpServer((_request, response) => response.end("{}"));
  server.on("connection", (socket: Socket) => sockets.add(socket));
  const rest = use({ open: async () => dialed(await portOf(server)) });
  await rest.get("/rest/system/version", anything);
  for (const socket of sockets) socket.resetAndDestroy();
  await expect(rest.get("/rest/system/version", anything)).resolves.toEqual({});
});

test.each([
  [401, "Not Authorized", "E-ENGINE-KEY", /does not take the API key/],
  [403, "CSRF Error\n", "E-ENGINE-KEY", /does not take the API key/],
  [403, "Host check error\n", "E-ENGINE-REFUSED", /takes no questions under this host name/],
  [307, "", "E-ENGINE-REFUSED", /sends GET \/rest\/db\/status elsewhere/],
  [
    500,
    "folder marker missing\n",
    "E-ENGINE-REFUSED",
    /refused GET \/rest\/db\/status \(500\): folder marker missing$/,
  ],
  [200, "<html>", "E-ENGINE-ANSWER", /it is no JSON/],
  [200, '{"state": 7}', "E-ENGINE-ANSWER", /state is not what it should be/],
])("%i with %j is %s", async (status, text, code, message) => {
  const rest = await client((_request, response) => response.writeHead(status).end(text));
  const asked = rest.get("/rest/db/status?folder=photos", z.object({ state: z.string() }));
  await expect(asked).rejects.toMatchObject({
    code,
    node: "mom",
    message: expect.stringMatching(message) as string,
  });
});

test("the key stands in no message, whatever the server says", async () => {
  const rest = await client((_request, response) => response.writeHead(500).end(`who is ${apiKey}?`));
  const error: unknown = await rest.get("/rest/x", anything).catch((each: unknown) => each);
  expect((error as PimeshError).message).toContain("who is ***?");
});

test("what Syncthing does not know is undefined, but only when it is Syncthing that says so", async () => {
  const syncthing = await client((_request, response) =>
    response.writeHead(404, { "X-Syncthing-Version": "v1.19.2" }).end("no such folder"),
  );
  await expect(syncthing.find("/rest/db/status?folder=x", anything)).resolves.toBeUndefined();
  const other = await client((_request, response) => response.writeHead(404).end("not found"));
  await expect(other.find("/rest/db/status?folder=x", anything)).rejects.toMatchObject({
    code: "E-ENGINE-REFUSED",
  });
});

test("where nobody listens Syncthing does not run", async () => {
  const server = createServer();
  const port = await portOf(server);
  server.close();
  const rest = use({ open: () => dialed(port) });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({
    code: "E-ENGINE-DOWN",
    hint: "start it",
  });
});

test("a port that is closed at the end of a tunnel means the same", async () => {
  const rest = use({ open: () => Promise.reject(new PimeshError("E-PORT-CLOSED", "nothing listens")) });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({ code: "E-ENGINE-DOWN" });
});

test("an error of the way there stays what it is", async () => {
  const rest = use({ open: () => Promise.reject(new PimeshError("E-FORWARDING-REFUSED", "forbidden")) });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({ code: "E-FORWARDING-REFUSED" });
});

test("a call that gets no answer ends at its deadline, and the next one goes on", async () => {
  let calls = 0;
  const port = await httpPort((_request, response) => {
    calls += 1;
    if (calls > 1) response.end("{}");
  });
  const rest = use({ open: () => dialed(port), deadlineMs: 300 });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({ code: "E-TIMED-OUT" });
  await expect(rest.get("/rest/x", anything)).resolves.toEqual({});
});

test("Ctrl-C ends a call", async () => {
  const interrupt = new AbortController();
  const rest = await client(() => interrupt.abort(), { signal: interrupt.signal });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({ code: "E-INTERRUPTED" });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({ code: "E-INTERRUPTED" });
});

test("something that speaks no HTTP is told", async () => {
  const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2p1\r\n"));
  const rest = use({ open: async () => dialed(await portOf(server)) });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({ code: "E-ENGINE-ANSWER" });
});

test("an answer without an end is given up", async () => {
  const rest = await client((_request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, " ");
    const more = (): void => void (response.destroyed || response.write(chunk, more));
    more();
  });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({
    code: "E-ENGINE-ANSWER",
    message: expect.stringContaining("larger than 16 MiB") as string,
  });
});

test("an instance that ends in the middle of an answer was lost", async () => {
  const rest = await client((_request, response) => {
    response.writeHead(200, { "Content-Length": 100 }).write("{");
    setTimeout(() => response.destroy(), 20);
  });
  await expect(rest.get("/rest/x", anything)).rejects.toMatchObject({ code: "E-CONNECTION-LOST" });
});

async function client(listener: RequestListener, more: Partial<RestOptions> = {}): Promise<Rest> {
  const port = await httpPort(listener);
  return use({ open: () => dialed(port), ...more });
}

function use(options: Pick<RestOptions, "open"> & Partial<RestOptions>): Rest {
  const rest = openRest({ node: "mom", apiKey, downHint: "start it", deadlineMs: 10_000, ...options });
  onTestFinished(() => rest[Symbol.dispose]());
  return rest;
}

function httpPort(listener: RequestListener): Promise<number> {
  return portOf(createHttpServer(listener));
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
  }
  return (server.address() as AddressInfo).port;
}

async function dialed(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}
