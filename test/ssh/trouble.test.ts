import { createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import { oneServer } from "./support/one-server.ts";
import { testLaptop, testNode } from "./support/reach-for-tests.ts";

// Real logins and shells, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

describe("a server that stops answering", () => {
  test("before its banner ends in the deadline, and the next address would be tried", async () => {
    const { connect } = await oneServer({ hangsAt: "banner" });
    const failure = connect({ timeouts: { handshake: 600 } });
    await expect(failure).rejects.toMatchObject({
      code: "E-NO-ADDRESS-ANSWERS",
      hint: expect.stringMatching(/^ssh -v -p \d+ 127\.0\.0\.1$/) as string,
    });
    await expect(failure).rejects.toThrow(/^it accepts connections but does not answer: /);
    await expect(failure).rejects.toThrow(
      /accepted the connection, then no answer within 0\.6 s while its SSH banner was awaited/,
    );
  });

  test("during the login ends in the deadline", async () => {
    const { connect } = await oneServer({ hangsAt: "login" });
    const failure = connect({ timeouts: { login: 600 } });
    await expect(failure).rejects.toMatchObject({ code: "E-TIMED-OUT" });
    await expect(failure).rejects.toThrow(/no answer within 0\.6 s during the login/);
  });

  test("when a command is to be run ends in the deadline", async () => {
    const { connect } = await oneServer({ hangsAt: "exec" });
    const connection = await connect();
    await expect(connection.run(sh`true`, { silenceMs: 500 })).rejects.toMatchObject({ code: "E-TIMED-OUT" });
  });

  test("in the middle of a command is noticed by the keepalive", async () => {
    const { connect, server, laptop, node, hostKey } = await oneServer();
    const proxy = await frozenProxy(server.port);
    laptop.pin("frozen", hostKey.publicLine);
    const frozen = { ...testNode("frozen", [proxy.port]), identityFiles: node.identityFiles };
    const timeouts = { keepaliveInterval: 200, keepaliveCount: 2 };
    const connection = await laptop.reach([frozen], { timeouts }).connect(frozen);
    const stream = await connection.stream(sh`echo begun; exec sleep 30`);
    for await (const _ of stream.stdout) {
      proxy.freeze();
      break;
    }
    await expect(connection.run(sh`true`)).rejects.toMatchObject({ code: "E-CONNECTION-LOST" });
    expect(connect).toBeDefined();
  });
});

describe("a line that is cut", () => {
  test("before the banner says what stood there instead, and what may be the cause", async () => {
    const { connect } = await oneServer({ diesAt: "banner" });
    const failure = connect();
    await expect(failure).rejects.toMatchObject({ code: "E-NO-ADDRESS-ANSWERS" });
    await expect(failure).rejects.toThrow(/^its SSH server turns this laptop away for now: /);
    await expect(failure).rejects.toThrow(/bars this laptop for some minutes.*"Not allowed at this time"/);
  });

  test("during the login is a lost connection", async () => {
    const { connect } = await oneServer({ diesAt: "login" });
    await expect(connect()).rejects.toMatchObject({ code: "E-CONNECTION-LOST", exitCode: 4 });
  });

  test.each([
    ["exec", /before a command was started/],
    ["running", /while it ran a command/],
  ] as const)("at %s says at what stage", async (diesAt, message) => {
    const { connect } = await oneServer({ diesAt });
    const connection = await connect();
    const failure = connection.run(sh`echo begun; exec sleep 30`);
    await expect(failure).rejects.toMatchObject({ code: "E-CONNECTION-LOST" });
    await expect(failure).rejects.toThrow(message);
  });

  test("ends a reader in the middle of its output with the same error", async () => {
    const { connect, server } = await oneServer();
    const stream = await (await connect()).stream(sh`echo begun; exec sleep 30`);
    const reading = (async () => {
      for await (const _ of stream.stdout) server.cut();
    })();
    await expect(reading).rejects.toMatchObject({ code: "E-CONNECTION-LOST" });
    await expect(stream.end).rejects.toMatchObject({ code: "E-CONNECTION-LOST" });
  });

  test("is made anew for the next command of the run", async () => {
    const { laptop, node, server } = await oneServer();
    const reach = laptop.reach([node]);
    const first = await reach.connect(node);
    server.cut();
    await expect(first.run(sh`true`)).rejects.toMatchObject({ code: "E-CONNECTION-LOST" });
    const { code } = await (await reach.connect(node)).run(sh`exit 4`);
    expect(code).toBe(4);
  });
});

describe("Ctrl-C", () => {
  test("ends a command that runs, and the node's side of it", async () => {
    const { connect, server } = await oneServer();
    const interrupt = new AbortController();
    const connection = await connect({ signal: interrupt.signal });
    const stream = await connection.stream(sh`echo begun; exec sleep 30`);
    const reading = (async () => {
      for await (const _ of stream.stdout) interrupt.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "E-INTERRUPTED", exitCode: 130 });
    await expect.poll(() => server.running()).toBe(0);
  });

  test("ends a connection attempt", async () => {
    const { connect } = await oneServer({ hangsAt: "banner" });
    const interrupt = new AbortController();
    const attempt = connect({ signal: interrupt.signal });
    interrupt.abort();
    await expect(attempt).rejects.toMatchObject({ code: "E-INTERRUPTED" });
  });

  test("leaves alone a command with a signal of its own, so that a node can be left in order", async () => {
    const { connect } = await oneServer();
    const interrupt = new AbortController();
    const connection = await connect({ signal: interrupt.signal });
    interrupt.abort();
    const { stdout } = await connection.run(sh`echo tidy`, { signal: new AbortController().signal });
    expect(String(stdout)).toBe("tidy\n");
  });
});

test("a port without SSH is told by what it says", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const node = testNode("mom", [port]);
  const failure = testLaptop().reach([node]).connect(node);
  await expect(failure).rejects.toThrow(/^nothing there speaks SSH: .*no SSH server.*HTTP\/1\.1 400/);
  await expect(failure).rejects.toMatchObject({
    hint: expect.stringContaining("nodes.mom.address") as string,
  });
});

/** Passes everything on until it is frozen: then nothing moves, and nothing is closed. */
async function frozenProxy(target: number): Promise<{ readonly port: number; freeze(): void }> {
  const { connect } = await import("node:net");
  const freezers: (() => void)[] = [];
  const proxy = createServer((socket) => {
    const onward = connect(target, "127.0.0.1");
    for (const end of [socket, onward]) end.on("error", () => undefined);
    socket.pipe(onward).pipe(socket);
    freezers.push(() => {
      socket.unpipe(onward);
      onward.unpipe(socket);
    });
    onTestFinished(() => {
      socket.destroy();
      onward.destroy();
    });
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as { port: number };
  return { port, freeze: () => freezers.forEach((freeze) => freeze()) };
}
