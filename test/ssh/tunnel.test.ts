import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { canStartDropbear, startDropbear } from "../support/dropbear-server.ts";
import { startOpenSsh, type RealServer } from "../support/openssh-server.ts";
import { requires } from "../support/requires.ts";
import { freePort } from "../support/server-process.ts";
import { oneServer } from "./support/one-server.ts";
import { testLaptop, testNode } from "./support/reach-for-tests.ts";

// Real logins, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

describe.runIf(requires("sshd", "ssh-keygen"))("through a real OpenSSH server", () => {
  carries(startOpenSsh);

  test("a server that forbids forwarding is told from a port where nobody listens", async () => {
    const connection = await connectTo(await startOpenSsh({ config: ["AllowTcpForwarding no"] }));
    await expect(connection.tunnel(await echo())).rejects.toMatchObject({
      code: "E-FORWARDING-REFUSED",
      node: "mom",
      hint: expect.stringContaining("AllowTcpForwarding local") as string,
    });
  });
});

describe.runIf(canStartDropbear())("through a real Dropbear server", () => {
  carries(startDropbear);
});

test("a stream that was asked for after Ctrl-C is an interruption", async () => {
  const { connect } = await oneServer();
  const connection = await connect();
  await expect(connection.tunnel(1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "E-INTERRUPTED",
  });
});

test("a line that is cut ends the stream, and the next one says that it was lost", async () => {
  const { server, connect } = await oneServer();
  const connection = await connect();
  const port = await echo();
  const stream = await connection.tunnel(port);
  const closed = once(stream.resume(), "close");
  server.cut();
  await closed;
  await expect(connection.tunnel(port)).rejects.toMatchObject({ code: "E-CONNECTION-LOST" });
});

function carries(start: () => Promise<RealServer>): void {
  test("bytes go both ways, while commands run beside it", async () => {
    const connection = await connectTo(await start());
    const stream = await connection.tunnel(await echo());
    const said = Promise.all(["one", "two", "three"].map((word) => connection.run(sh`echo ${word}`)));
    expect(await answerTo(stream, Buffer.alloc(300_000, "x"))).toBe(300_000);
    expect((await said).map(({ stdout }) => String(stdout))).toEqual(["one\n", "two\n", "three\n"]);
    expect(await answerTo(stream, Buffer.from("still there"))).toBe(11);
    stream.destroy();
  });

  test("a port where nobody listens is named", async () => {
    const connection = await connectTo(await start());
    const port = await freePort();
    await expect(connection.tunnel(port)).rejects.toMatchObject({
      code: "E-PORT-CLOSED",
      node: "mom",
      message: `nothing listens on its 127.0.0.1:${port}`,
    });
  });
}

async function connectTo(server: RealServer): Promise<Connection> {
  onTestFinished(() => server.stop());
  const laptop = testLaptop();
  laptop.pin("mom", server.hostKeys[0]?.publicLine ?? "");
  const node = testNode("mom", [server.port], { user: server.user, identityFiles: [server.identity.file] });
  return laptop.reach([node]).connect(node);
}

/** The port of a server on loopback that says everything back. */
async function echo(): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** How many bytes came back. */
async function answerTo(stream: Duplex, bytes: Buffer): Promise<number> {
  let heard = 0;
  const all = new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      heard += chunk.length;
      if (heard < bytes.length) return;
      stream.off("data", onData);
      resolve();
    };
    stream.on("data", onData);
    stream.once("close", () => reject(new Error(`closed after ${heard} bytes`)));
  });
  stream.write(bytes);
  await all;
  return heard;
}
